"""Options of the live picture, kept for the session across pages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from emotion.live import DRAW, HIDE, LiveSettings

_OPTIONS = "live_options"
SIZES = {(640, 480): "640 × 480", (1280, 720): "1280 × 720", (1920, 1080): "1920 × 1080", (320, 240): "320 × 240"}
RATES = (30, 24, 15, 10)

_DRAW_LABELS = {"nothing": "Nothing", "boxes": "Boxes", "mesh": "Mesh"}
_HIDE_LABELS = {"nothing": "Show", "blur": "Blur", "silhouette": "Silhouette"}

MIRRORED = "Flip the picture like a mirror; labels stay readable"
EYES_COST = (
    "How open the eyes are, blinks and gaze. This costs more than twice the expression itself; the line below the "
    "values shows the time it takes here."
)
MOVEMENTS_COST = (
    "Brows, lids, lips and jaw, from the mesh that follows the face anyway, so this costs far less than the eyes; the "
    "line below the values shows the time it takes here."
)
FIXED = "Stop the recording to change this: it measures the same from beginning to end"


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What to request from the camera, and how the returned picture looks.

    Attributes:
        size: Preferred width and height, px.
        rate: Preferred frames per second.
        look: What to draw, hide and measure.
    """

    size: tuple[int, int] = (640, 480)
    rate: int = 30
    look: LiveSettings = field(default_factory=LiveSettings)

    def constraints(self) -> dict[str, Any]:
        """Return MediaStreamConstraints for the browser; never with a microphone."""
        width, height = self.size
        video = {"width": {"ideal": width}, "height": {"ideal": height}, "frameRate": {"ideal": self.rate}}
        return {"video": video, "audio": False}


def current_options() -> LiveOptions:
    """Return this session's options."""
    options: LiveOptions = st.session_state.setdefault(_OPTIONS, LiveOptions())
    return options


def choose_options(*, running: bool, records: bool) -> LiveOptions:
    """Let the visitor choose.

    Args:
        running: Whether the camera runs; size and rate are then fixed.
        records: Whether a recording runs; what is measured is then fixed.
    """
    # Without a key, a widget whose default changes becomes a new one, and the next choice in the old one is lost.
    before = current_options()
    hint = "Stop the camera to change this" if running else "The camera uses the closest size that it supports"
    size, rate, draw, hide = st.columns(4)
    chosen = (
        size.selectbox(
            "Size", list(SIZES), list(SIZES).index(before.size), format_func=SIZES.__getitem__,
            disabled=running, help=hint, key="live_size",
        ),
        rate.selectbox(
            "Frames per second", RATES, RATES.index(before.rate), disabled=running, help=hint, key="live_rate"
        ),
    )  # fmt: skip
    look = before.look
    look = replace(
        look,
        draw=draw.segmented_control(
            "Draw", DRAW, default=look.draw, format_func=_DRAW_LABELS.__getitem__, required=True, key="live_draw"
        ),
        hide=hide.segmented_control(
            "Faces", HIDE, default=look.hide, format_func=_HIDE_LABELS.__getitem__, required=True, key="live_hide"
        ),
        mirror=draw.toggle("Mirror", look.mirror, help=MIRRORED, key="live_mirror"),
        eyes=hide.toggle(
            "Eyes and gaze", look.eyes, disabled=records, help=FIXED if records else EYES_COST, key="live_eyes"
        ),
        movements=hide.toggle(
            "Movements",
            look.movements,
            disabled=records,
            help=FIXED if records else MOVEMENTS_COST,
            key="live_movements",
        ),
    )
    st.session_state[_OPTIONS] = LiveOptions(*chosen, look)
    return current_options()
