"""Recordings of this session, with buttons that open them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from emotion.errors import LibraryError, UnknownAnalysisError
from emotion.library import Entry, Repository
from emotion.live import LiveSession
from ui.common.errors import fragment
from ui.common.plain import plain
from ui.common.widgets import duration_text
from ui.video.session import open_analysis

POLL_INTERVAL_S = 0.5
_RECORDED = "live_recorded"


@dataclass(frozen=True, slots=True)
class _Recorded:
    """An analysis in the library, and the live session that wrote it."""

    entry_id: str
    session: LiveSession

    @property
    def running(self) -> bool:
        now = self.session.snapshot().recording
        return now is not None and now.running and now.entry_id == self.entry_id

    @property
    def clip_id(self) -> str | None:
        now = self.session.snapshot().recording
        return None if now is None or now.entry_id != self.entry_id else now.clip_id


def note_recording(entry_id: str, session: LiveSession) -> None:
    """Remember a started recording."""
    _all().append(_Recorded(entry_id, session))


def show_recorded(library: Repository) -> None:
    """Show the finished recordings of this session, newest first."""
    for recorded in reversed(_all()):
        if not recorded.running:
            _show(recorded, library)


def _all() -> list[_Recorded]:
    recorded: list[_Recorded] = st.session_state.setdefault(_RECORDED, [])
    return recorded


def _show(recorded: _Recorded, library: Repository) -> None:
    try:
        entry = library.get(recorded.entry_id)
    except UnknownAnalysisError:
        _all().remove(recorded)
        return
    if not entry.state.is_over:
        _wait_for(library, entry)
        return
    length = "" if entry.info is None else f" · {duration_text(entry.info.duration_s)}"
    note = f" · {plain(entry.note)}" if entry.note else ""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check_circle: **{plain(entry.title)}**{length}{note}", width="stretch")
        if st.button("Open the timeline", key=f"open_{entry.id}", icon=":material/timeline:"):
            open_analysis(entry.id)
        if recorded.clip_id and st.button("Open the clip", key=f"clip_{entry.id}", icon=":material/movie:"):
            open_analysis(recorded.clip_id)


@fragment(run_every=POLL_INTERVAL_S)
def _wait_for(library: Repository, entry: Entry) -> None:
    """Show a notice until a recording is saved or deleted."""
    try:
        over = library.get(entry.id).state.is_over
    except LibraryError:
        over = True
    if over:
        st.rerun()
    st.markdown(f":material/hourglass: **{plain(entry.title)}** is being saved …")
