"""Says beside the camera what stands in its way: a component that looks on in the browser."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.live.messages import OBSTACLES

_WEB = Path(__file__).with_name("web")
CAMERA_FRAME = "streamlit_webrtc.component.webrtc_streamer"
"""Title that Streamlit gives the frame of streamlit-webrtc, from the module and the name of its component."""

_mount = st.components.v2.component(
    "camera_watch",
    html=(_WEB / "watch.html").read_text(encoding="utf-8"),
    css=(_WEB / "watch.css").read_text(encoding="utf-8"),
    js=(_WEB / "watch.js").read_text(encoding="utf-8"),
)


def watch_camera(key: str, *, running: bool) -> None:
    """Show nothing as long as all is well, and otherwise what is wrong and what to do.

    Args:
        key: Names this watch within the visit.
        running: Whether the camera runs, so that the server is asked now and then whether it still does.
    """
    words = {name: list(obstacle) for name, obstacle in OBSTACLES.items()}
    _mount(key=key, data={"words": words, "frame": CAMERA_FRAME, "running": running})
