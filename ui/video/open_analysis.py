"""The open analysis: which one it is, how to open another, and its result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from emotion.dates import moment_text
from emotion.library import Entry, Repository, State
from emotion.types import Analysis
from ui.common.entries import show_entries, state_text
from ui.common.errors import fragment
from ui.common.plain import plain
from ui.common.session_cache import session_cached
from ui.common.tables import csv_button
from ui.common.widgets import browser_zone, progress_text
from ui.video import session
from ui.video.analysis_context import AnalysisContext
from ui.video.result import show_analysis
from ui.video.video_source import VideoSource

_OFFERED = 12
_LIST_PX = 690
"""Wide enough for the columns below. Streamlit and a phone's screen limit it further."""
_TITLE_PX = 225
_OF_LIBRARY = ("preview", "title", "recorded", "length", "people")
_OF_SESSION = ("preview", "title", "length", "people", "dominant", "state")
"""For videos that were just added, the state says more than the date."""


def find_open(library: Repository) -> Entry | None:
    """Return the open analysis; if none is open, open the newest finished one.

    Raises:
        LibraryError: The open analysis does not exist.
    """
    if session.shown() is None and (newest := _newest(library)) is not None:
        session.show(newest.id)
    analysis_id = session.shown()
    if analysis_id is None:
        st.query_params.pop(session.ANALYSIS, None)
        return None
    st.query_params[session.ANALYSIS] = analysis_id
    return library.get(analysis_id)


def _newest(library: Repository) -> Entry | None:
    """Return the newest finished analysis of this session, or of the library if this session started none."""
    if session.has_begun():
        over = [entry for entry in session.begun(library) if entry.state.is_over]
        return max(over, key=lambda entry: entry.finished_at or entry.created_at, default=None)
    if session.is_cleared() or session.pending_uploads():
        return None
    return next(iter(library.search(states=[State.DONE], limit=1).entries), None)


def choose_another(library: Repository) -> None:
    """Show a button with this session's videos, or the newest of the library; a click on a row opens one."""
    begun = session.begun(library)
    several = len(begun) > 1
    label = "Videos of this session" if several else "Open"
    with st.popover(label, icon=":material/folder_open:", on_change="rerun", key=f"video_open_{several}") as panel:
        if not panel.open:
            return
        st.caption("Click a row to open it.")
        entries = begun if several else library.search(limit=_OFFERED).entries
        with st.container(width=_LIST_PX):
            columns = _OF_SESSION if several else _OF_LIBRARY
            picked = show_entries(library, entries, "video_open_rows", columns=columns, title_px=_TITLE_PX)
        opened = picked.opened
        for entry in picked.chosen:
            if st.button(f"Open {plain(entry.title)}", icon=":material/play_circle:", key="video_open_row"):
                opened = entry
        if opened:
            session.show(opened.id)
            st.rerun()
        if several:
            csv_button("Summary of all", lambda: summary_table(begun), "visit_csv")


def summary_table(entries: Sequence[Entry]) -> pd.DataFrame:
    """Return summaries of analyses, one row each; times are UTC."""
    rows = [
        {
            "title": entry.title, "file": entry.source, "tags": ", ".join(entry.tags),
            "recorded": _iso(entry.settings.captured_at), "added": _iso(entry.created_at),
            "state": state_text(entry), "note": entry.note, "model": entry.settings.model,
            **{
                key: value for key, value in (entry.summary or {}).items()
                if key != "source" and not isinstance(value, dict)
            },
            **{f"share_{answer}": share for answer, share in (entry.summary or {}).get("shares", {}).items()},
        }
        for entry in entries
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _iso(moment: dt.datetime | None) -> str:
    return "" if moment is None else moment.astimezone(dt.UTC).isoformat(timespec="seconds")


def show_open(library: Repository, entry: Entry) -> None:
    """Show an analysis, or its state if it is not finished."""
    if entry.state is State.QUEUED:
        st.info("Queued. The result appears here.", icon=":material/hourglass_empty:")
        return
    if not entry.state.is_over:
        st.info("Analysing. The result appears here.", icon=":material/hourglass_top:")
        return
    analysis = _load(library, entry)
    video_source = video_source_of(library, entry)
    if video_source is not None and video_source.running:
        follow_conversion(video_source)
    context = AnalysisContext(library, entry, video_source)
    if context.conflict:
        st.warning(plain(context.conflict), icon=":material/sync_problem:")
    show_analysis(context, analysis)
    if context.catch_up():
        st.rerun()


def date_text(entry: Entry) -> str:
    """Return when a video was recorded or added, for people."""
    captured = entry.settings.captured_at
    day = entry.happened_at.astimezone(browser_zone())
    return f"{'Added' if captured is None else 'Recorded'} on {moment_text(day)}"


def _load(library: Repository, entry: Entry) -> Analysis:
    """Return the analysis; the last one is cached, so reruns do not read it again."""
    return session_cached("loaded_analysis", (entry.id, entry.finished_at), lambda: library.load_analysis(entry.id))


def video_source_of(library: Repository, entry: Entry) -> VideoSource | None:
    """Return the video that was uploaded in this session, or the one the library keeps; its conversion is started."""
    video_source = session.source_of(entry.id)
    if video_source is None and (path := library.video_path(entry.id)) is not None:
        video_source = session.hold_library_video(entry.id, VideoSource(entry.source, path))
    if video_source is not None:
        video_source.prepare()
    return video_source


@fragment(run_every=0.5)
def follow_conversion(video_source: VideoSource) -> None:
    """Show the progress of the conversion for the browser."""
    if not video_source.running:
        st.rerun()
    share = video_source.progress.share if video_source.progress else 0.0
    st.progress(share, f"**Preparing the player** · {progress_text(video_source.progress)}")
