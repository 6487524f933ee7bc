"""Live: allow the camera, and see the expressions of everyone in view at once."""

import streamlit as st

from emotion.errors import ModelError
from ui.access.library import library_or_stop
from ui.common.widgets import hints
from ui.live import (
    OBSTACLES,
    button_state,
    choose_options,
    refresh_board,
    running_stream,
    session_of,
    show_camera,
    show_controls,
    show_recorded,
    warmed,
)
from ui.shell.notice import show_notice, show_purpose
from ui.shell.page import ensure_app

CONSENT = "Everyone in front of the camera knows that their expressions are analysed, and agrees."
_TICK = "live_consent"

WHAT_YOU_GET = (
    (":material/videocam:", "The picture itself", "Boxes and expressions drawn on the very picture that was analysed."),
    (":material/monitoring:", "Values and 30 seconds", "Large figures and a running chart for each person in view."),
    (":material/fiber_manual_record:", "A recording if you wish", "The timeline goes to the library; pictures do not."),
)


def show_live() -> None:
    """The camera and what it shows beside each other, on a phone one below the other; options come after both."""
    picture, board = st.columns([11, 9], gap="large")
    with st.container(border=True):
        # They stand below, and are needed above.
        options = choose_options(running=running_stream() is not None)
    with picture:
        show_camera(analyzer, options)
        show_controls(session_of(running_stream()), library)
    with board:
        show_board()
        show_recorded(library)
    show_obstacles()


def show_board() -> None:
    if session_of(running_stream()) is not None:
        refresh_board(button_state())
    else:
        st.info("Press **Start the camera**, and allow it when the browser asks.", icon=":material/videocam:")


def show_obstacles() -> None:
    with st.expander("If no picture comes", icon=":material/help:"):
        for obstacle in OBSTACLES.values():
            st.markdown(f"**{obstacle.title}** {obstacle.advice}")


ensure_app("pages/live.py")
st.title("Live", anchor=False)
st.caption(
    "Pictures go from your camera to this app's server and back, and nothing of them is kept unless you record. "
    "An expression is what a face shows, not what a person feels."
)
library = library_or_stop()
try:
    analyzer = warmed()
except ModelError as error:
    st.error(f"The model cannot be loaded: {error}", icon=":material/error:")
    st.stop()
show_purpose()
# The tick of the notice is the very tick that stands here on every later visit.
if show_notice("The camera can be started then.", CONSENT, _TICK) and st.checkbox(CONSENT, key=_TICK):
    show_live()
else:
    hints(WHAT_YOU_GET)
    show_recorded(library)
