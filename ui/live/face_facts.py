"""Names and texts of a live face's eyes, gaze, blinks and movements."""

from __future__ import annotations

import math

from emotion.analytics.behaviour.descriptions import strongest_movements
from emotion.live import FaceNow

NEEDED = "needs 15 frames per second"
_WIDEST = 1.5
"""Largest openness that is shown, as a share of the person's own open eye."""


def face_facts(face: FaceNow) -> list[tuple[str, str]]:
    """Return (name, text) of each known value; for unknown blinks and movements, the text says what they need."""
    facts = []
    openness = {"left": face.open_left, "right": face.open_right}
    known = {side: value for side, value in openness.items() if math.isfinite(value)}
    if known:
        facts.append(("Eyes open", ", ".join(f"{side} {_share(value)}" for side, value in known.items())))
        facts.append(("Blinks", _blinks(face)))
    if not math.isnan(face.gaze_deg):
        where = "towards the camera" if face.towards_camera else "away from the camera"
        facts.append(("Gaze", f"{where} ({face.gaze_deg:.0f}°)"))
    if face.movements:
        facts.append(("Movements", ", ".join(strongest_movements(face.movements)) or "none"))
    elif face.rest == "unknown":
        facts.append(("Movements", "press Baseline, or show a neutral face"))
    return facts


def _blinks(face: FaceNow) -> str:
    if face.blinks is None:
        return NEEDED
    return str(face.blinks) if face.counts_blinks else f"{face.blinks}, not counted now: {NEEDED}"


def _share(openness: float) -> str:
    """Return an eye's openness in percent; capped, because the open eye is not known well in the first seconds."""
    return f"over {_WIDEST:.0%}" if openness > _WIDEST else f"{openness:.0%}"
