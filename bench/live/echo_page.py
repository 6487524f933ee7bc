"""A bare echo: the same transport as the live page, and nothing done with the pictures."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer

# Streamlit runs a script with its own folder first on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ui.live.line import Line
from ui.live.wishes import Wishes


class Echo:
    """Gives every picture back as it came."""

    def process(self, picture: av.VideoFrame, /, *, skipped: int) -> av.VideoFrame:
        """Return the picture."""
        del skipped
        return picture

    def close(self) -> None:
        """Do nothing."""


width, height = (int(side) for side in st.query_params["size"].split("x"))
line: Line | None = st.session_state.get("line")
if line is None or not line.is_open:
    line = st.session_state["line"] = Line(Echo)
webrtc_streamer(
    key="echo", mode=WebRtcMode.SENDRECV, rtc_configuration={"iceServers": []},
    media_stream_constraints=Wishes(size=(width, height)).constraints(),
    source_video_track=line.returned, sink_video_track=line,
)  # fmt: skip
