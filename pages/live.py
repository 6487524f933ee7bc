"""Live: the camera picture with the expressions of everyone in view."""

import streamlit as st

from emotion.errors import ModelError
from ui.access.library import library_or_stop
from ui.common.plain import plain
from ui.common.widgets import hints
from ui.live import (
    OBSTACLES,
    button_state,
    choose_options,
    refresh_board,
    running_stream,
    session_of,
    show_calibration,
    show_camera,
    show_controls,
    show_recorded,
    show_streams,
    stop_camera,
    warmed,
)
from ui.shell.notice import is_answered, show_notice, show_purpose
from ui.shell.page import ensure_app

CONSENT = "Everyone in front of the camera knows that their expressions are analysed, and agrees."
TO_START = "Choose a purpose and confirm consent to start the camera."
_TICK = "live_consent"

WHAT_YOU_GET = (
    (":material/videocam:", "Your camera", "Boxes and expressions drawn on the frame that was analysed."),
    (":material/monitoring:", "Values and history", "Current values and the last 30 seconds of each person in view."),
    (
        ":material/fiber_manual_record:",
        "Recording",
        "Save the timeline to the library; the video only if you choose so.",
    ),
)


def show_live() -> None:
    """Show the camera and the board side by side, and the options below."""
    picture, board = st.columns([11, 9], gap="large")
    with st.container(border=True):
        # Shown below the camera, but the camera needs them.
        session = session_of(running_stream())
        records = session is not None and session.snapshot().records
        options = choose_options(running=running_stream() is not None, records=records)
    with picture:
        show_camera(analyzer, options)
        show_controls(session_of(running_stream()), library)
        show_calibration(session_of(running_stream()))
    with board:
        show_board()
        show_recorded(library)
    show_streams(session_of(running_stream()), visitor)
    show_obstacles()


def show_board() -> None:
    if session_of(running_stream()) is not None:
        refresh_board(button_state())
    else:
        st.info("Press **Start the camera**, and allow it when the browser asks.", icon=":material/videocam:")


def show_obstacles() -> None:
    with st.expander("Camera not working?", icon=":material/help:"):
        for obstacle in OBSTACLES.values():
            st.markdown(f"**{obstacle.title}** {obstacle.advice}")


visitor = ensure_app("pages/live.py")
st.title("Live", anchor=False)
st.caption(
    "Frames go from your camera to this app's server and back. Nothing is kept unless you record. "
    "An expression is what a face shows, not what a person feels."
)
# A notice that appears in a container of its own moves nothing: a camera that moves within the page is stopped.
with st.container():
    library = library_or_stop()
try:
    analyzer = warmed()
except ModelError as error:
    st.error(f"The model cannot be loaded: {plain(error)}", icon=":material/error:")
    st.stop()
show_purpose()
# Ticked if the notice was answered, now or earlier in this browser. Clearing it stops the camera.
if show_notice(TO_START, CONSENT, _TICK) and st.checkbox(CONSENT, value=is_answered(), key=_TICK):
    show_live()
else:
    stop_camera()
    hints(WHAT_YOU_GET)
    show_recorded(library)
