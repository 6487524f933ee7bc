"""Describes one face's eyes, gaze and movements in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from emotion.analytics.behaviour.gaze import TOWARDS_DEG, gaze_angle
from emotion.types import Face
from emotion.vision.movement_codebook import MOVEMENTS

SHUT = 0.1
"""Openness (height over width) below which an eye is called shut; see ``docs/measures.md``."""
NARROW = 0.15
"""Openness below which an eye that is not shut is called narrow."""
NOTABLE = 0.05
"""Smallest movement that is named, about 3 mm."""
_MIN_TURN_DEG = 5.0


def describe_eyes(face: Face) -> str:
    """Return a description of how open the eyes are; empty if neither was measured."""
    openness = {"left": face.eye_openness_left, "right": face.eye_openness_right}
    states = {side: _state(value) for side, value in openness.items() if math.isfinite(value)}
    if not states:
        return ""
    if len(states) == 2 and len(set(states.values())) == 1:
        return f"eyes {states['left']} (left {openness['left']:.2f}, right {openness['right']:.2f})"
    return ", ".join(f"{side} eye {state} ({openness[side]:.2f})" for side, state in states.items())


def _state(openness: float) -> str:
    return "shut" if openness < SHUT else "narrow" if openness < NARROW else "open"


def describe_gaze(face: Face) -> str:
    """Return a description of the direction of the gaze; empty if unknown."""
    yaw, pitch = face.gaze_yaw, face.gaze_pitch
    if not (math.isfinite(yaw) and math.isfinite(pitch)):
        return ""
    if gaze_angle(np.array([yaw]), np.array([pitch]))[0] <= TOWARDS_DEG:
        return "looks towards the camera"
    turns = [
        f"{abs(angle):.0f}° {negative if angle < 0 else positive}"
        for angle, negative, positive in ((yaw, "left", "right"), (pitch, "down", "up"))
        if abs(angle) >= _MIN_TURN_DEG
    ]
    return f"looks away ({', '.join(turns)})"


def strongest_movements(movements: Mapping[str, float], count: int = 3) -> list[str]:
    """Return descriptions of the strongest movements, at most ``count`` and none below :data:`NOTABLE`."""
    notable = [movement for movement in MOVEMENTS if movements.get(movement.name, 0.0) >= NOTABLE]
    notable.sort(key=lambda movement: -movements[movement.name])
    return [_movement_words(movement.name, movement.title, movements) for movement in notable[:count]]


def _movement_words(name: str, title: str, movements: Mapping[str, float]) -> str:
    """Return a movement's strength, and each side's if the printed values differ."""
    sides = {side: f"{movements[f'{name}_{side}']:.2f}" for side in ("left", "right") if f"{name}_{side}" in movements}
    differ = len(set(sides.values())) > 1
    listed = ", ".join(f"{side} {strength}" for side, strength in sides.items())
    return f"{title.lower()} {movements[name]:.2f}" + (f" ({listed})" if differ else "")
