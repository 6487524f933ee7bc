"""Refreshes the board while the camera runs, without rerunning the page."""

from __future__ import annotations

import streamlit as st

from ui.common.errors import fragment
from ui.live.board import show_board
from ui.live.calibration import is_calibrated
from ui.live.camera import running_stream, session_of

POLL_INTERVAL_S = 0.5


@fragment(run_every=POLL_INTERVAL_S)
def refresh_board(known: tuple[bool, ...]) -> None:
    """Update the board; rerun the page only if its buttons have to change.

    Args:
        known: The :func:`button_state` with which the page was drawn.
    """
    stream = running_stream()
    session = session_of(stream)
    if stream is None or session is None or button_state() != known:
        st.rerun()
    show_board(session.snapshot(), stream.silent_s, "live_board")


def button_state() -> tuple[bool, ...]:
    """Return what the page's buttons depend on: session running, held, with a baseline, recording, calibrated."""
    session = session_of(running_stream())
    if session is None:
        return (False,)
    now = session.snapshot()
    return not now.closed, now.held, any(person.baseline for person in now.people), now.records, is_calibrated(now)
