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
from ui.live.camera_stream import CameraStream
from ui.live.ice import SECTION, IceServer, ice_servers
from ui.live.live_options import LiveOptions
from ui.live.watch import watch_camera

POLL_INTERVAL_S = 2.0
"""Between two looks whether a place is free."""
_STREAM, _REFUSED, _STREAM_ERROR = "live_stream", "live_refused", "live_stream_error"

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
    """Return the shared analyzer after it has seen a first picture, which takes longer than all that refresh_board."""
    analyzer = load_analyzer()
    LiveSession(analyzer).warm()
    settle_memory()
    return analyzer


def running_stream() -> CameraStream | None:
    """Return the stream over which this visit's pictures come; None while no camera runs."""
    stream: CameraStream | None = st.session_state.get(_STREAM)
    return stream if stream is not None and stream.is_open else None


def session_of(stream: CameraStream | None) -> LiveSession | None:
    """Return what a stream's pictures go through; None once that has ended."""
    stage = None if stream is None else stream.stage
    return stage if isinstance(stage, LiveSession) else None


def show_camera(analyzer: emotion.Analyzer, options: LiveOptions) -> None:
    """Show the camera with its buttons, or say politely that every place is taken."""
    if running_stream() is None and SEATS.taken >= SEATS.limit:
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
        watch_camera("live_watch", running=running_stream() is not None)
    with picture:
        _show_picture(_stream_for(analyzer, options.look), options, servers)
    if reason := st.session_state.get(_STREAM_ERROR):
        st.error(plain(reason), icon=":material/error:")


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


def _show_picture(stream: CameraStream, options: LiveOptions, servers: list[IceServer]) -> None:
    try:
        webrtc_streamer(
            key="live_camera",
            mode=WebRtcMode.SENDRECV,
            rtc_configuration={"iceServers": servers},
            media_stream_constraints=options.constraints(),
            video_html_attrs=_PICTURE,
            translations=_WORDS,
            source_video_track=stream.returned,
            sink_video_track=stream,
            media_toggle_controls=False,
        )
    except LiveError as error:
        # Somebody was quicker.
        st.session_state[_REFUSED] = str(error)
        st.rerun()


def _stream_for(analyzer: emotion.Analyzer, look: LiveSettings) -> CameraStream:
    """Return the stream of this visit, or one for the next connection where it is over.

    The page may run twice at a time while a connection is made, so both runs must hold the same stream.
    """
    stream: CameraStream | None = st.session_state.get(_STREAM)
    if stream is None or stream.is_over:
        st.session_state[_STREAM_ERROR] = "" if stream is None else stream.error
        st.session_state[_STREAM] = stream = CameraStream(_SessionFactory(analyzer, look))
    elif isinstance(stream.open_stage, _SessionFactory):
        stream.open_stage.look = look
    if (session := session_of(stream)) is not None:
        session.settings = look
    return stream


@dataclass
class _SessionFactory:
    """Begins a session as the visitor options by then."""

    analyzer: emotion.Analyzer
    look: LiveSettings

    def __call__(self) -> LiveSession:
        return LiveSession(self.analyzer, self.look, seats=SEATS)


def _secrets() -> Mapping[str, Any]:
    try:
        return dict(st.secrets.get(SECTION, {}))
    except StreamlitSecretNotFoundError:
        return {}
