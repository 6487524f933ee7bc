"""The live page: camera over WebRTC, analysed picture, and a board of everyone's values."""

from ui.live.board_refresh import button_state, refresh_board
from ui.live.calibration import show_calibration
from ui.live.camera import running_stream, session_of, show_camera, stop_camera, warmed
from ui.live.controls import show_controls
from ui.live.live_options import choose_options
from ui.live.messages import OBSTACLES
from ui.live.recorded import show_recorded
from ui.live.streams_panel import show_streams

__all__ = [
    "OBSTACLES",
    "button_state",
    "choose_options",
    "refresh_board",
    "running_stream",
    "session_of",
    "show_calibration",
    "show_camera",
    "show_controls",
    "show_recorded",
    "show_streams",
    "stop_camera",
    "warmed",
]
