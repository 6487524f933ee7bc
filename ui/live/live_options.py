"""What a visitor current_options of the live picture; kept for the visit, also while another page is open."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from emotion.live import DRAW, HIDE, LiveSettings

_OPTIONS = "live_wishes"
SIZES = {(640, 480): "640 × 480", (1280, 720): "1280 × 720", (1920, 1080): "1920 × 1080", (320, 240): "320 × 240"}
RATES = (30, 24, 15, 10)

_DRAW_WORDS = {"nothing": "Nothing", "boxes": "Boxes", "mesh": "Mesh"}
_HIDE_WORDS = {"nothing": "Show", "blur": "Blur", "silhouette": "Silhouette"}


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What is asked of the camera, and how the returned picture looks.

    Attributes:
        size: Width and height in px; the camera gives what comes nearest.
        rate: Pictures per second.
        look: What is drawn and hidden.
    """

    size: tuple[int, int] = (640, 480)
    rate: int = 30
    look: LiveSettings = field(default_factory=LiveSettings)

    def constraints(self) -> dict[str, Any]:
        """Return the current_options as browsers take them (MediaStreamConstraints); never a microphone."""
        width, height = self.size
        video = {"width": {"ideal": width}, "height": {"ideal": height}, "frameRate": {"ideal": self.rate}}
        return {"video": video, "audio": False}


def current_options() -> LiveOptions:
    """Return what this visitor current_options."""
    options: LiveOptions = st.session_state.setdefault(_OPTIONS, LiveOptions())
    return options


def choose_options(running: bool) -> LiveOptions:
    """Let the visitor choose; size and rate are asked of the camera when it starts, and stay until it stops."""
    before = current_options()
    hint = "Stop the camera to change this" if running else "The camera gives what comes nearest"
    size, rate, draw, hide = st.columns(4)
    asked = (
        size.selectbox(
            "Size", list(SIZES), list(SIZES).index(before.size), format_func=SIZES.__getitem__,
            disabled=running, help=hint,
        ),
        rate.selectbox("Pictures per second", RATES, RATES.index(before.rate), disabled=running, help=hint),
    )  # fmt: skip
    look = replace(
        before.look,
        draw=draw.segmented_control(
            "Draw", DRAW, default=before.look.draw, format_func=_DRAW_WORDS.__getitem__, required=True
        ),
        hide=hide.segmented_control(
            "Faces", HIDE, default=before.look.hide, format_func=_HIDE_WORDS.__getitem__, required=True
        ),
        mirror=draw.toggle("Mirror", before.look.mirror, help="As in a looking glass; letters stay readable"),
    )
    st.session_state[_OPTIONS] = LiveOptions(*asked, look)
    return current_options()
