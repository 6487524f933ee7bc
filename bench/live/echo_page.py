"""A page that returns every frame unchanged, over the same transport as the live page."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer

# Streamlit puts only the script's folder on the import path.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ui.live.camera_stream import CameraStream
from ui.live.live_options import LiveOptions


class Echo:
    """Returns every frame unchanged."""

    def process(self, picture: av.VideoFrame, /, *, skipped: int) -> av.VideoFrame:
        """Return the frame."""
        del skipped
        return picture

    def close(self) -> None:
        """Do nothing."""


width, height = (int(side) for side in st.query_params["size"].split("x"))
stream: CameraStream | None = st.session_state.get("stream")
if stream is None or not stream.is_open:
    stream = st.session_state["stream"] = CameraStream(Echo)
webrtc_streamer(
    key="echo", mode=WebRtcMode.SENDRECV, rtc_configuration={"iceServers": []},
    media_stream_constraints=LiveOptions(size=(width, height)).constraints(),
    source_video_track=stream.returned, sink_video_track=stream,
)  # fmt: skip
