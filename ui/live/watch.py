"""A browser component that explains camera and connection errors."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.live.messages import OBSTACLES

_WEB = Path(__file__).with_name("web")
CAMERA_FRAME = "streamlit_webrtc.component.webrtc_streamer"
"""Title of streamlit-webrtc's iframe, which Streamlit derives from the component's module and name."""

_mount = st.components.v2.component(
    "camera_watch",
    html=(_WEB / "watch.html").read_text(encoding="utf-8"),
    css=(_WEB / "watch.css").read_text(encoding="utf-8"),
    js=(_WEB / "watch.js").read_text(encoding="utf-8"),
)


def watch_camera(key: str, *, running: bool) -> None:
    """Show what is wrong with the camera and what to do; nothing if all is well.

    Args:
        key: Key of the component.
        running: Whether the camera runs; the browser then checks regularly that the server still answers.
    """
    messages = {name: list(obstacle) for name, obstacle in OBSTACLES.items()}
    _mount(key=key, data={"messages": messages, "frame": CAMERA_FRAME, "running": running})
