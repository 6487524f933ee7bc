"""Shows the open analysis, and where a visit began several, the choice among them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from emotion.csv_text import csv_bytes
from emotion.dates import moment_text
from emotion.errors import EmotionError
from emotion.library import Entry, Repository, State
from emotion.types import Analysis
from ui.common.entries import show_entries
from ui.common.errors import fragment
from ui.common.widgets import browser_zone, plain, progress_text
from ui.video import session
from ui.video.footage import Footage
from ui.video.opened import Opened
from ui.video.result import show_analysis

_LOADED = "loaded_analysis"


def show_opened(library: Repository) -> bool:
    """Show the open analysis, or this visit's to choose from; return whether there was anything to show."""
    begun = session.begun(library)
    if len(begun) > 1:
        _choose(begun)
    elif begun and session.shown() is None and begun[0].state.is_over:
        session.show(begun[0].id)
    analysis_id = session.shown()
    if analysis_id is None:
        st.query_params.pop(session.ANALYSIS, None)
        return bool(begun)
    st.query_params[session.ANALYSIS] = analysis_id
    try:
        _show(library, library.get(analysis_id))
    except EmotionError as error:
        st.error(plain(str(error)), icon=":material/broken_image:")
    return True


def _choose(begun: Sequence[Entry]) -> None:
    st.markdown("**This visit's videos**")
    chosen = show_entries(begun, "visit", "single-row")
    if chosen and chosen[0].id != session.shown():
        session.show(chosen[0].id)
    st.download_button(
        "Summary of all as CSV", lambda: summary_csv(begun), "summary.csv", "text/csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def summary_csv(entries: Sequence[Entry]) -> bytes:
    """Return the figures of analyses as CSV, a row for each."""
    rows = [
        {
            "title": entry.title, "file": entry.source, "state": str(entry.state), "note": entry.note,
            "model": entry.settings.model,
            **{key: value for key, value in (entry.summary or {}).items() if not isinstance(value, dict)},
            **{f"share_{answer}": share for answer, share in (entry.summary or {}).get("shares", {}).items()},
        }
        for entry in entries
    ]  # fmt: skip
    return csv_bytes(pd.DataFrame(rows), float_format=None)


def _show(library: Repository, entry: Entry) -> None:
    st.subheader(plain(entry.title), anchor=False)
    st.caption(_when(entry))
    if entry.state is State.QUEUED:
        st.info("It waits in the queue; its result appears here.", icon=":material/hourglass_empty:")
        return
    if not entry.state.is_over:
        st.info("It is being analysed; its result appears here.", icon=":material/hourglass_top:")
        return
    analysis = _loaded(library, entry)
    footage = _footage(library, entry)
    if footage is not None and footage.running:
        _follow(footage)
    show_analysis(Opened(library, entry, footage), analysis)


def _when(entry: Entry) -> str:
    captured = entry.settings.captured_at
    day = entry.happened_at.astimezone(browser_zone())
    return f"{'Added' if captured is None else 'Recorded'} on {moment_text(day)}"


def _loaded(library: Repository, entry: Entry) -> Analysis:
    """Return the analysis; one is held in memory, so that a click does not read it anew."""
    key = (entry.id, entry.finished_at)
    if st.session_state.get(_LOADED, (None, None))[0] != key:
        st.session_state[_LOADED] = (key, library.load_analysis(entry.id))
    analysis: Analysis = st.session_state[_LOADED][1]
    return analysis


def _footage(library: Repository, entry: Entry) -> Footage | None:
    """Return the video: this visit's own, or the one that the library keeps."""
    footage = session.footage_of(entry.id)
    if footage is None and (path := library.video_path(entry.id)) is not None:
        footage = session.borrow(entry.id, Footage(entry.source, path))
    if footage is not None:
        footage.prepare()
    return footage


@fragment(run_every=0.5)
def _follow(footage: Footage) -> None:
    """Show how far the copy for the browser is."""
    if not footage.running:
        st.rerun()
    share = footage.progress.share if footage.progress else 0.0
    st.progress(share, f"**Preparing the player** · {progress_text(footage.progress)}")
