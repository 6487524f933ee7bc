"""Shows the analysis of a video: figures, player, timeline, any moment of it, shares and downloads."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from emotion.analytics.charts import MOMENT, share_donut, timeline_chart
from emotion.analytics.draw import annotate
from emotion.analytics.files import save_parquet, to_csv
from emotion.analytics.lanes import MAX_LANES
from emotion.analytics.summary import summarise
from emotion.analytics.timeline import result_at
from emotion.analytics.unclear import answer_names, explain
from emotion.errors import EmotionError
from emotion.labels import UNCLEAR
from emotion.types import Analysis
from emotion.vision.decode_video import frame_at
from ui.pictures import PREVIEW_PX, shrink
from ui.state import MOMENT_S
from ui.video_job import VideoJob
from ui.widgets import chips, duration_text, share_text, shares_table

_CHART = "video_timeline"


def show_analysis(job: VideoJob, analysis: Analysis) -> None:
    """Show all that is known about a video."""
    summary = summarise(analysis)
    if not analysis.complete:
        st.warning(f"{analysis.note} These are the first {len(analysis.frames):,} frames.", icon=":material/cut:")
    _show_figures(summary)
    if analysis.frames.empty:
        st.info("There is no frame in this video that could be read.", icon=":material/videocam_off:")
        return
    if analysis.timeline.empty:
        st.info("There is no face in this video that could be read.", icon=":material/no_accounts:")
    player, moment = st.columns(2, gap="medium")
    with player:
        _show_player(job)
    with moment:
        time_s = _show_moment(job, analysis)
    _show_timeline(analysis, time_s)
    _show_shares(summary)
    _show_people(summary)
    _show_downloads(job, analysis)


def _show_figures(summary: dict[str, Any]) -> None:
    limited = summary["unclear_below"] > 0
    leads = "What leads for most of the faces' time"
    smiles = "Frames where happiness leads / frames with a face"
    figures: dict[str, tuple[Any, str | None]] = {
        "Dominant expression": (summary["dominant"] or "–", f"{leads}, unclear time aside" if limited else leads),
        "Smile index": (share_text(summary["smile_index"]), f"{smiles} that is read clearly" if limited else smiles),
        "People": (len(summary["tracks"]), "Each followed as one person; a cut in the video starts new ones"),
        "Frames with a face": (f"{summary['frames_with_face']:,}", None),
        "Frames without a face": (f"{summary['frames_without_face']:,}", None),
    }
    if limited:
        share = share_text(summary["shares"][UNCLEAR])
        figures["Unclear"] = (share, f"Share of the faces' time. {explain(summary['unclear_below'])}")
    with st.container(horizontal=True, gap="small"):
        for label, (value, meaning) in figures.items():
            st.metric(label, value, help=meaning, border=True, width="stretch")


def _show_player(job: VideoJob) -> None:
    st.markdown("**Video**")
    if job.playable is None:
        st.info("There is no copy of this video that a browser could play.", icon=":material/videocam_off:")
    else:
        st.video(str(job.playable))


def _take_click() -> None:
    """Move to the clicked moment."""
    picked = st.session_state[_CHART].selection.get(MOMENT)
    if picked:
        st.session_state[MOMENT_S] = float(picked[0]["time_s"])


def moment_row(frames: pd.DataFrame, time_s: float) -> pd.Series:
    """Return the analysed frame nearest to a time."""
    return frames.iloc[int((frames["time_s"] - time_s).abs().argmin())]


def _show_timeline(analysis: Analysis, time_s: float) -> None:
    st.markdown("**Timeline**")
    people = analysis.timeline["track_id"].nunique()
    hint = (
        "How probable each expression is for each person. Click a moment to see its frame. Dashed spans show no face."
    )
    if people > MAX_LANES:
        hint += f" Lanes are for the {MAX_LANES} people seen longest, out of {people}."
    if analysis.unclear_below > 0:
        hint += f" The grey bar under a lane marks unclear time. {explain(analysis.unclear_below)}"
    st.caption(hint)
    # The same tags as everywhere in place of the chart's own legend, which a phone would cut off.
    chips(answer_names(analysis.labels, analysis.unclear_below))
    st.altair_chart(
        timeline_chart(analysis, time_s, legend=False),
        width="stretch",
        key=_CHART,
        on_select=_take_click,
        selection_mode=[MOMENT],
    )


def _show_moment(job: VideoJob, analysis: Analysis) -> float:
    """Show the frame that is looked at, and return its time in seconds."""
    times = analysis.frames["time_s"]
    # The first look is at a frame with a face, if there is one.
    with_face = analysis.frames.loc[analysis.frames["faces"] > 0, "time_s"]
    st.session_state.setdefault(MOMENT_S, float((with_face if len(with_face) else times).iloc[0]))
    time_s = min(max(st.session_state[MOMENT_S], 0.0), float(times.iloc[-1]))
    row = moment_row(analysis.frames, time_s)
    shown_s = float(row["time_s"])
    st.markdown(f"**Frame at {shown_s:.2f} s**")
    try:
        picture = annotate(frame_at(job.path, shown_s), result_at(analysis, int(row["frame_index"])))
        st.image(shrink(picture, PREVIEW_PX), width="stretch")
    except EmotionError as error:
        st.error(str(error))
    if len(times) > 1:
        st.slider("Moment, s", 0.0, float(times.iloc[-1]), step=0.01, key=MOMENT_S, label_visibility="collapsed")
    return shown_s


def _show_shares(summary: dict[str, Any]) -> None:
    if summary["dominant"] is None:
        return
    st.markdown("**Share of each expression** in the faces' time")
    donut, table = st.columns([2, 3], gap="medium", vertical_alignment="center")
    donut.altair_chart(share_donut(summary["shares"]), width="stretch")
    with table:
        shares_table(summary["shares"])


def _show_people(summary: dict[str, Any]) -> None:
    if len(summary["tracks"]) < 2:
        return
    st.markdown("**People**")
    rows = [
        {
            "Person": track["track_id"],
            "From": duration_text(track["first_s"]),
            "To": duration_text(track["last_s"]),
            "Frames": track["frames"],
            "Dominant expression": track["dominant"],
            "Smile index": None if track["smile_index"] is None else round(track["smile_index"], 3),
            "Changes per minute": track["changes_per_minute"],
        }
        | ({"Unclear": round(track["shares"][UNCLEAR], 3)} if UNCLEAR in track["shares"] else {})
        for track in summary["tracks"]
    ]
    columns = {
        "Smile index": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
        "Changes per minute": st.column_config.NumberColumn(format="%.1f"),
        "Unclear": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
    }
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=columns)


def _parquet(analysis: Analysis) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return save_parquet(analysis, Path(folder) / "timeline.parquet").read_bytes()


def _show_downloads(job: VideoJob, analysis: Analysis) -> None:
    st.markdown("**Downloads**")
    with st.container(horizontal=True):
        st.download_button(
            "Timeline as CSV",
            lambda: to_csv(analysis.timeline),
            f"{job.stem}.timeline.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Timeline as Parquet",
            lambda: _parquet(analysis),
            f"{job.stem}.timeline.parquet",
            "application/vnd.apache.parquet",
            icon=":material/download:",
            on_click="ignore",
        )
