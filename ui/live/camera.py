"""The camera of a visit: asks for it, has its pictures analysed, and shows what comes back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit_webrtc import WebRtcMode, webrtc_streamer

import emotion
from emotion.errors import LiveError
from emotion.live import SEATS, LiveSession, LiveSettings
from ui.common.errors import fragment
from ui.common.lifespan import settle_memory
from ui.common.resources import load_analyzer
from ui.common.widgets import plain
from ui.live.ice import SECTION, IceServer, ice_servers
from ui.live.line import Line
from ui.live.watch import watch_camera
from ui.live.wishes import Wishes

POLL_INTERVAL_S = 2.0
"""Seconds between checks whether a place is free."""
_LINE, _REFUSED, _TROUBLE = "live_line", "live_refused", "live_trouble"

_WORDS = {
    "start": "Start the camera",
    "stop": "Stop",
    "select_device": "Choose camera",
    "select_camera": "Camera",
    "media_api_not_available": "This browser gives no camera to this page",
    "device_ask_permission": "Please allow the camera",
    "device_not_available": "No camera was found",
    "device_access_denied": "The camera was refused",
}
_PICTURE = {
    "autoPlay": True,
    "muted": True,
    "controls": False,
    "style": {"width": "100%", "borderRadius": "0.6rem", "background": "#000"},
}


@st.cache_resource(show_spinner="Warming up the models …")
def warmed() -> emotion.Analyzer:
    """Return the shared analyzer after it has seen a first picture, which takes longer than all that follow."""
    analyzer = load_analyzer()
    LiveSession(analyzer).warm()
    settle_memory()
    return analyzer


def running_line() -> Line | None:
    """Return the line over which this visit's pictures come; None while no camera runs."""
    line: Line | None = st.session_state.get(_LINE)
    return line if line is not None and line.is_open else None


def session_of(line: Line | None) -> LiveSession | None:
    """Return what a line's pictures go through; None once that has ended."""
    stage = None if line is None else line.stage
    return stage if isinstance(stage, LiveSession) else None


def show_camera(analyzer: emotion.Analyzer, wishes: Wishes) -> None:
    """Show the camera with its buttons, or say politely that every place is taken."""
    if running_line() is None and SEATS.taken >= SEATS.limit:
        _wait_for_place()
        return
    if reason := st.session_state.get(_REFUSED):
        st.info(plain(reason), icon=":material/event_seat:")
        st.button("Try again", icon=":material/refresh:", on_click=st.session_state.pop, args=(_REFUSED,))
        return
    try:
        servers = ice_servers(_secrets(), time.time())
    except LiveError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    picture, below = st.container(), st.container()
    with below:
        # First, as it listens to what the camera's frame does from the beginning.
        watch_camera("live_watch", running=running_line() is not None)
    with picture:
        _show_picture(_line_for(analyzer, wishes.look), wishes, servers)
    if trouble := st.session_state.get(_TROUBLE):
        st.error(plain(trouble), icon=":material/error:")


@fragment(run_every=POLL_INTERVAL_S)
def _wait_for_place() -> None:
    """Say that every place is taken, until one is free."""
    if SEATS.taken < SEATS.limit:
        st.rerun()
    st.info(
        "Every place is taken: this machine follows as many cameras at once as it has power for. As soon as one is "
        "free, this goes on by itself.",
        icon=":material/event_seat:",
    )


def _show_picture(line: Line, wishes: Wishes, servers: list[IceServer]) -> None:
    try:
        webrtc_streamer(
            key="live_camera",
            mode=WebRtcMode.SENDRECV,
            rtc_configuration={"iceServers": servers},
            media_stream_constraints=wishes.constraints(),
            video_html_attrs=_PICTURE,
            translations=_WORDS,
            source_video_track=line.returned,
            sink_video_track=line,
            media_toggle_controls=False,
        )
    except LiveError as error:
        # Somebody was quicker.
        st.session_state[_REFUSED] = str(error)
        st.rerun()


def _line_for(analyzer: emotion.Analyzer, look: LiveSettings) -> Line:
    """Return the line of this visit, or one for the next connection where it is over.

    The page may run twice at a time while a connection is made, so both runs must hold the same line.
    """
    line: Line | None = st.session_state.get(_LINE)
    if line is None or line.is_over:
        st.session_state[_TROUBLE] = "" if line is None else line.trouble
        st.session_state[_LINE] = line = Line(_Opener(analyzer, look))
    elif isinstance(line.open_stage, _Opener):
        line.open_stage.look = look
    if (session := session_of(line)) is not None:
        session.settings = look
    return line


@dataclass
class _Opener:
    """Begins a session as the visitor wishes by then."""

    analyzer: emotion.Analyzer
    look: LiveSettings

    def __call__(self) -> LiveSession:
        return LiveSession(self.analyzer, self.look, seats=SEATS)


def _secrets() -> Mapping[str, Any]:
    try:
        return dict(st.secrets.get(SECTION, {}))
    except StreamlitSecretNotFoundError:
        return {}
