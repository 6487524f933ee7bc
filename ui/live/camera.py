"""The session's camera: opens it, has its frames analysed, and shows the returned picture."""

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
from ui.common.memory import freeze_loaded_objects
from ui.common.plain import plain
from ui.common.resources import load_analyzer
from ui.live.camera_stream import CameraStream
from ui.live.ice import SECTION, IceServer, ice_servers
from ui.live.live_options import LiveOptions
from ui.live.watch import watch_camera

POLL_INTERVAL_S = 2.0
_STREAM, _REFUSED, _STREAM_ERROR = "live_stream", "live_refused", "live_stream_error"

_TRANSLATIONS = {
    "start": "Start the camera",
    "stop": "Stop",
    "select_device": "Choose camera",
    "select_camera": "Camera",
    "media_api_not_available": "This browser does not support cameras on this page",
    "device_ask_permission": "Allow the camera in your browser",
    "device_not_available": "No camera found",
    "device_access_denied": "Camera access denied",
}
_PICTURE = {
    "autoPlay": True,
    "muted": True,
    "controls": False,
    "style": {"width": "100%", "borderRadius": "0.6rem", "background": "#000"},
}


@st.cache_resource(show_spinner="Loading the models …")
def warmed() -> emotion.Analyzer:
    """Return the shared analyzer, warmed up: the first picture takes longer than the rest."""
    analyzer = load_analyzer()
    LiveSession(analyzer).warm()
    freeze_loaded_objects()
    return analyzer


def running_stream() -> CameraStream | None:
    """Return this session's camera stream; None while no camera runs."""
    stream: CameraStream | None = st.session_state.get(_STREAM)
    return stream if stream is not None and stream.is_open else None


def session_of(stream: CameraStream | None) -> LiveSession | None:
    """Return the analysis behind a stream; None before it starts and after it ends."""
    stage = None if stream is None else stream.stage
    return stage if isinstance(stage, LiveSession) else None


def stop_camera() -> None:
    """End this session's recording and camera at once; streamlit-webrtc would notice only after seconds."""
    stream = running_stream()
    if (session := session_of(stream)) is not None:
        session.stop_recording()
    if stream is not None:
        stream.stop()


def show_camera(analyzer: emotion.Analyzer, options: LiveOptions) -> None:
    """Show the camera with its buttons, or a notice while all places are taken."""
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
        st.error(plain(error), icon=":material/error:")
        return
    picture, below = st.container(), st.container()
    with below:
        # Mounted before the camera, so that its script observes the camera's iframe from the start.
        watch_camera("live_watch", running=running_stream() is not None)
    with picture:
        _show_picture(_stream_for(analyzer, options.look), options, servers)
    if reason := st.session_state.get(_STREAM_ERROR):
        st.error(plain(reason), icon=":material/error:")


@fragment(run_every=POLL_INTERVAL_S)
def _wait_for_place() -> None:
    """Show that all places are taken, until one is free."""
    if SEATS.taken < SEATS.limit:
        st.rerun()
    st.info(
        "All places are taken: this server can analyse only a few cameras at once. This page continues as soon as one "
        "is free.",
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
            translations=_TRANSLATIONS,
            source_video_track=stream.returned,
            sink_video_track=stream,
            media_toggle_controls=False,
        )
    except LiveError as error:
        # Someone else took the last place.
        st.session_state[_REFUSED] = str(error)
        st.rerun()


def _stream_for(analyzer: emotion.Analyzer, look: LiveSettings) -> CameraStream:
    """Return this session's stream; a new one if the last has ended.

    The page may run twice while a connection is made, so both runs must get the same stream.
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
    """Creates a live session with the latest settings."""

    analyzer: emotion.Analyzer
    look: LiveSettings

    def __call__(self) -> LiveSession:
        return LiveSession(self.analyzer, self.look, seats=SEATS)


def _secrets() -> Mapping[str, Any]:
    try:
        return dict(st.secrets.get(SECTION, {}))
    except StreamlitSecretNotFoundError:
        return {}
