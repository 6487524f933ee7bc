"""Text about a face's pose, eyes, mouth and movements, and the choice of overlay layers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from emotion.analytics.behaviour.descriptions import (
    NARROW,
    NOTABLE,
    SHUT,
    describe_eyes,
    describe_gaze,
    strongest_movements,
)
from emotion.analytics.behaviour.gaze import TOWARDS_DEG
from emotion.analytics.behaviour.movements import movements_of
from emotion.analytics.presence import FACING_PITCH_DEG, FACING_YAW_DEG, MOUTH_OPEN, faces_camera
from emotion.drawing.layers import PART_COLOURS, Layer, needs_part_models
from emotion.models.face_parts import can_find_parts
from emotion.types import Face
from ui.common.plain import plain

_MIN_TURN_DEG = 3.0
_HELP = (
    f"Facing the camera: the head is turned at most {FACING_YAW_DEG:.0f}° sideways and {FACING_PITCH_DEG:.0f}° up or "
    "down, wherever the eyes look. "
    f"Mouth open: its height is over {MOUTH_OPEN:.0%} of its width. "
    f"Eyes: height over width; below {SHUT} shut, below {NARROW} narrow. "
    f"Towards the camera: the look is within {TOWARDS_DEG:.0f}° of it (mean error about 7°); left and right of a look "
    "are the picture's."
)
_MOVEMENTS_HELP = (
    f"The three strongest of at least {NOTABLE} eye distances (0.05 is about 3 mm), compared with an average neutral "
    "face, because this person's own face at rest is not known: how a face is built counts too. Left and right are "
    "the person's own."
)


def choose_layers() -> frozenset[Layer]:
    """Let the visitor choose what to draw over all pictures."""
    offered = [layer for layer in Layer if not needs_part_models([layer]) or can_find_parts()]
    chosen = st.pills(
        "Overlay", offered, selection_mode="multi", default=[Layer.BOXES], key="picture_layers", persist_state="session"
    )
    layers = frozenset(chosen)
    if needs_part_models(layers):
        _show_legend()
    return layers


def _show_legend() -> None:
    chips = "".join(
        f'<span style="margin-right:1rem"><span style="display:inline-block;width:.8em;height:.8em;border-radius:50%;'
        f'background:{colour};margin-right:.35em"></span>{name}</span>'
        for name, colour in PART_COLOURS.items()
    )
    st.html(f'<div style="font-size:.875rem">{chips}</div>')


def show_facts(face: Face) -> None:
    """Show head direction, eyes, gaze, mouth and the strongest movements in words."""
    if face.pose is None:
        return
    words = [_direction(face), describe_eyes(face), describe_gaze(face), _mouth(face)]
    st.caption(plain(" · ".join(filter(None, words))), help=_HELP)
    if face.measures is not None:
        moved = strongest_movements(movements_of(face.measures))
        st.caption(plain(f"Movements: {', '.join(moved) or 'none'}"), help=_MOVEMENTS_HELP)


def _direction(face: Face) -> str:
    pose = face.pose
    if pose is None:
        return ""
    turns = [
        f"{abs(angle):.0f}° {negative if angle < 0 else positive}"
        for angle, negative, positive in ((pose.yaw, "left", "right"), (pose.pitch, "down", "up"))
        if abs(angle) >= _MIN_TURN_DEG
    ]
    ahead = bool(faces_camera(np.array([pose.yaw]), np.array([pose.pitch]))[0])
    faces = "Facing the camera" if ahead else "Turned away"
    return f"{faces} ({', '.join(turns)})" if turns else faces


def _mouth(face: Face) -> str:
    mouth = "open" if face.mouth_openness > MOUTH_OPEN else "closed"
    return f"mouth {mouth} ({face.mouth_openness:.2f})"
