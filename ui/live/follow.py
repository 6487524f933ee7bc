"""Keeps the board up to date while the camera runs, without running the rest of the page."""

from __future__ import annotations

import streamlit as st

from ui.common.errors import fragment
from ui.live.board import show_board
from ui.live.camera import running_line, session_of

POLL_INTERVAL_S = 0.5
"""Seconds between checks of the session."""


@fragment(run_every=POLL_INTERVAL_S)
def follow(known: tuple[bool, ...]) -> None:
    """Show how things stand now; the page runs again only where its buttons have to change.

    Args:
        known: What :func:`standing` said when the page ran.
    """
    line = running_line()
    session = session_of(line)
    if line is None or session is None or standing() != known:
        st.rerun()
    show_board(session.snapshot(), line.silent_s, "live_board")


def standing() -> tuple[bool, ...]:
    """Return what the page's buttons depend on: whether a session runs, is held, has a baseline, is recorded."""
    session = session_of(running_line())
    if session is None:
        return (False,)
    now = session.snapshot()
    recording = now.recording is not None and now.recording.running
    return not now.closed, now.held, any(person.baseline for person in now.people), recording
