"""The live page: a camera over WebRTC, its pictures analysed, and everyone's values beside the picture."""

from ui.live.camera import running_line, session_of, show_camera, warmed
from ui.live.controls import show_controls
from ui.live.follow import follow, standing
from ui.live.recorded import show_recorded
from ui.live.wishes import choose_wishes
from ui.live.words import OBSTACLES

__all__ = [
    "OBSTACLES",
    "choose_wishes",
    "follow",
    "running_line",
    "session_of",
    "show_camera",
    "show_controls",
    "show_recorded",
    "standing",
    "warmed",
]
