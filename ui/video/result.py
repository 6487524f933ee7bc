"""The result of a video analysis: a sentence per person, the player, and tabs with everything else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import streamlit as st

from emotion.analytics.apply import merged_into
from emotion.analytics.edits import Edits, Event
from emotion.analytics.summary import summarise
from emotion.analytics.timeline import nearest_frame, result_at
from emotion.errors import EmotionError, InputError
from emotion.report.captions import captions_text
from emotion.report.edited import Edited
from emotion.report.sentences import describe
from emotion.report.stills import still_of
from emotion.types import Analysis
from ui.common.errors import fragment
from ui.common.plain import plain
from ui.player import Marked, show_player
from ui.player.signals import offered_lanes, pack_signals
from ui.video.analysis_context import AnalysisContext
from ui.video.downloads import show_downloads
from ui.video.session import MOMENT_S, PLAYER
from ui.video.tabs.insight import edited_or_raw, key_of, show_insight
from ui.video.tabs.overview import show_figures
from ui.video.tabs.thumbnails import face_pictures

_INSIGHT = "insight"
_NUMBERED = re.compile(r"Event \d+")


def show_analysis(context: AnalysisContext, analysis: Analysis) -> None:
    """Show the open analysis: a sentence per person, the player, and tabs with everything else."""
    edited = edited_or_raw(analysis, context.edits)
    _show_warnings(analysis)
    _show_sentences(context, edited)
    if analysis.frames.empty:
        st.info("No frame of this video could be read.", icon=":material/videocam_off:")
        show_figures(summarise(edited))
        return
    if analysis.timeline.empty:
        st.info("No face was found in this video.", icon=":material/no_accounts:")
    _show_moments(context, analysis, edited)
    downloads = partial(show_downloads, analysis, context.edits, context.path, context.stem)
    if analysis.timeline.empty:
        show_figures(summarise(edited))
        downloads()
    else:
        show_insight(analysis, context, _INSIGHT, context.path, context, go_to=_go_to, downloads=downloads)


def _show_warnings(analysis: Analysis) -> None:
    if not analysis.complete:
        count = len(analysis.frames)
        what = "1 frame was analysed." if count == 1 else f"{count:,} frames were analysed."
        st.warning(f"{plain(analysis.note.rstrip('.'))}. {what}", icon=":material/cut:")
    if analysis.info.mended:
        st.warning(plain(analysis.info.mended), icon=":material/schedule:")


def _show_sentences(context: AnalysisContext, edited: Analysis) -> None:
    sentences = context.cached("video_sentences", lambda: describe(edited, context.edits.names))
    if sentences:
        st.markdown("  \n".join(plain(sentence) for sentence in sentences))


@fragment()
def _show_moments(context: AnalysisContext, analysis: Analysis, edited: Analysis) -> None:
    """Show the player in a fragment, so that the page does not rerun whenever the player stops.

    Every change of the edits reruns the whole page, so ``edited`` is always current.
    """
    if context.playable is None:
        st.info(_why_no_picture(context), icon=":material/videocam_off:")
    state = show_player(
        context.playable,
        analysis,
        edits=_without_merge_cycles(context.edits),
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
    if context.playable is None and context.path is not None:
        _show_still(context.path, analysis, state.time_s or 0.0)


def _captions(context: AnalysisContext, analysis: Analysis, edited: Analysis) -> str:
    return context.cached("video_captions", lambda: captions_text(Edited(analysis, context.edits, edited)))


def _go_to(time_s: float) -> None:
    st.session_state[MOMENT_S] = time_s


def _why_no_picture(context: AnalysisContext) -> str:
    if context.video_source is None:
        return "The video was not kept; all results are here."
    if context.video_source.running:
        return "The video appears in the player once it is converted for the browser."
    return "Browsers cannot play this video, and it could not be converted."


def _show_still(video: Path, analysis: Analysis, time_s: float) -> None:
    """Show the analysed frame at a time, if the browser cannot play the video."""
    row = nearest_frame(analysis.frames, time_s)
    st.markdown(f"**Frame at {row['time_s']:.2f} s**")
    try:
        still = still_of(video, float(row["time_s"]), result_at(analysis, int(row["frame_index"])))
        st.image(still, width="stretch", alt="The frame with boxes and expressions")
    except EmotionError as error:
        st.error(plain(error))


def with_marked(edits: Edits, marked: Sequence[Marked]) -> Edits:
    """Return the edits with the events marked in the player; an event without a name gets a number."""
    events = list(edits.events)
    for mark in marked:
        unnamed = next((place for place, event in enumerate(events) if mark.label and _is_unnamed(event, mark)), None)
        event = Event(mark.label or f"Event {len(events) + 1}", mark.span)
        if unnamed is None:
            events.append(event)
        else:
            events[unnamed] = replace(event, excluded=events[unnamed].excluded)
    return replace(edits, events=tuple(events))


def _is_unnamed(event: Event, mark: Marked) -> bool:
    """Return whether an event is a mark that has no name yet."""
    return event.span == mark.span and _NUMBERED.fullmatch(event.label) is not None


def _without_merge_cycles(edits: Edits) -> Edits:
    """Return the edits; without merged and hidden tracks if the merges form a cycle, which the player cannot show."""
    try:
        merged_into(edits.merged)
    except InputError:
        return replace(edits, merged={}, hidden=frozenset())
    return edits
