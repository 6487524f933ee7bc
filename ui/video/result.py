"""The result of a video analysis: figures, player, timeline, shares, tabs and downloads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from emotion.analytics.abstention import explain
from emotion.analytics.apply import merged_into
from emotion.analytics.edits import Edits, Event
from emotion.analytics.summary import summarise
from emotion.analytics.timeline import result_at
from emotion.charts.timeline import share_donut
from emotion.errors import EmotionError, InputError
from emotion.labels import UNCLEAR
from emotion.report.captions import captions_text
from emotion.report.edited import Edited
from emotion.report.sentences import describe
from emotion.report.stills import still_of
from emotion.types import Analysis
from ui.common.errors import fragment
from ui.common.plain import plain
from ui.common.widgets import share_text, shares_table
from ui.player import Marked, show_player
from ui.player.signals import offered_lanes, pack_signals
from ui.video.analysis_context import AnalysisContext
from ui.video.downloads import show_downloads
from ui.video.session import MOMENT_S, PLAYER
from ui.video.tabs.insight import edited_or_raw, key_of, show_insight
from ui.video.tabs.thumbnails import face_pictures
from ui.video.timeline import show_timeline

_CHART, _INSIGHT = "video_timeline", "insight"


def show_analysis(context: AnalysisContext, analysis: Analysis) -> None:
    """Show the open analysis."""
    edited = edited_or_raw(analysis, context.edits)
    summary = summarise(edited)
    if not analysis.complete:
        what = f"These are the first {len(analysis.frames):,} frames."
        st.warning(f"{plain(analysis.note.rstrip('.'))}. {what}", icon=":material/cut:")
    if analysis.info.mended:
        st.warning(plain(analysis.info.mended), icon=":material/schedule:")
    for sentence in context.cached("video_sentences", lambda: describe(edited, context.edits.names)):
        st.markdown(plain(sentence))
    _show_figures(summary)
    if analysis.frames.empty:
        st.info("No frame of this video could be read.", icon=":material/videocam_off:")
        return
    if analysis.timeline.empty:
        st.info("No face was found in this video.", icon=":material/no_accounts:")
    _show_moments(context, analysis, edited)
    _show_shares(summary)
    if not analysis.timeline.empty:
        show_insight(analysis, context, _INSIGHT, context.path, context)
    show_downloads(analysis, context.edits, context.path, context.stem)


def _show_figures(summary: dict[str, Any]) -> None:
    limited = summary["abstain_below"] > 0
    leads = "The expression that leads for the longest time"
    smiles = "Frames where happiness leads / frames with a face"
    figures: dict[str, tuple[Any, str | None]] = {
        "Dominant expression": (
            summary["dominant"] or "–",
            f"{leads}, not counting unclear time" if limited else leads,
        ),
        "Smile index": (share_text(summary["smile_index"]), f"{smiles} and a clear answer" if limited else smiles),
        "People": (len(summary["tracks"]), "Each track counts as one person; a cut in the video starts new tracks"),
        "Frames with a face": (f"{summary['frames_with_face']:,}", None),
        "Frames without a face": (f"{summary['frames_without_face']:,}", None),
    }
    if limited:
        share = share_text(summary["shares"][UNCLEAR])
        figures["Unclear"] = (share, f"Share of the time in which faces are seen. {explain(summary['abstain_below'])}")
    with st.container(horizontal=True, gap="small"):
        for label, (value, meaning) in figures.items():
            st.metric(label, value, help=meaning, border=True, width="stretch")


@fragment()
def _show_moments(context: AnalysisContext, analysis: Analysis, edited: Analysis) -> None:
    """Show player and timeline in a fragment, so that the page does not rerun whenever the player stops.

    Every change of the edits reruns the whole page, so ``edited`` is always current.
    """
    if context.playable is None:
        st.info(_why_no_picture(context), icon=":material/videocam_off:")
    state = show_player(
        context.playable,
        analysis,
        edits=_without_circles(context.edits),
        key=PLAYER,
        time_s=st.session_state.pop(MOMENT_S, None),
        captions=None if context.playable is None else _captions(context, analysis, edited),
        faces=face_pictures(analysis, context.path, key_of(analysis, _INSIGHT)),
        lanes=offered_lanes(edited),
        signals=lambda: context.cached("video_signals", lambda: pack_signals(edited, context.edits)),
    )
    if state.events:
        context.edits = with_marked(context.edits, state.events)
        # Events change figures elsewhere on the page, so rerun all of it.
        st.rerun()
    shown_s = state.time_s or 0.0
    if context.playable is None and context.path is not None:
        _show_still(context.path, analysis, shown_s)
    show_timeline(edited, context.edits, shown_s, _CHART, _go_to)


def _captions(context: AnalysisContext, analysis: Analysis, edited: Analysis) -> str:
    return context.cached("video_captions", lambda: captions_text(Edited(analysis, context.edits, edited)))


def _go_to(time_s: float) -> None:
    st.session_state[MOMENT_S] = time_s


def moment_row(frames: pd.DataFrame, time_s: float) -> pd.Series:
    """Return the row of the analysed frame nearest to a time."""
    return frames.iloc[int((frames["time_s"] - time_s).abs().argmin())]


def _why_no_picture(context: AnalysisContext) -> str:
    if context.video_source is None:
        return "The video was not kept; all results are here."
    if context.video_source.running:
        return "The video appears in the player once it is converted for the browser."
    return "Browsers cannot play this video, and it could not be converted."


def _show_still(video: Path, analysis: Analysis, time_s: float) -> None:
    """Show the analysed frame at a time, if the browser cannot play the video."""
    row = moment_row(analysis.frames, time_s)
    st.markdown(f"**Frame at {row['time_s']:.2f} s**")
    try:
        st.image(still_of(video, float(row["time_s"]), result_at(analysis, int(row["frame_index"]))), width="stretch")
    except EmotionError as error:
        st.error(plain(error))


def with_marked(edits: Edits, marked: Sequence[Marked]) -> Edits:
    """Return edits with new events from the player, numbered in sequence."""
    count = len(edits.events)
    new = (Event(f"Event {number}", event.span) for number, event in enumerate(marked, start=count + 1))
    return replace(edits, events=(*edits.events, *new))


def _without_circles(edits: Edits) -> Edits:
    """Return edits without circular merges, which the player cannot show."""
    try:
        merged_into(edits.merged)
    except InputError:
        return replace(edits, merged={}, hidden=frozenset())
    return edits


def _show_shares(summary: dict[str, Any]) -> None:
    if summary["dominant"] is None:
        return
    st.markdown("**Time per expression**")
    donut, table = st.columns([2, 3], gap="medium", vertical_alignment="center")
    donut.altair_chart(share_donut(summary["shares"]), width="stretch")
    with table:
        shares_table(summary["shares"])
