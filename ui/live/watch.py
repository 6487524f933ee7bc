"""A browser component that explains camera and connection errors."""

from __future__ import annotations

from ui.common.web_modules import component
from ui.live.messages import OBSTACLES

CAMERA_FRAME = "streamlit_webrtc.component.webrtc_streamer"
"""Title of streamlit-webrtc's iframe, which Streamlit derives from the component's module and name."""

_mount = component("camera_watch", __file__, "watch")


def watch_camera(key: str, *, running: bool) -> None:
    """Show what is wrong with the camera and what to do; nothing if all is well.

    Args:
        key: Key of the component.
        running: Whether the camera runs; the browser then checks regularly that the server still answers.
    """
    messages = {name: list(obstacle) for name, obstacle in OBSTACLES.items()}
    _mount(key=key, data={"messages": messages, "frame": CAMERA_FRAME, "running": running})
