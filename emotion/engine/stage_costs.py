"""Multiply–adds per face of each stage of an analysis."""

from __future__ import annotations

from emotion.models.registry import load_card
from emotion.models.tflite_cost import tflite_cost
from emotion.vision.mediapipe_files import FACE_MESH, IRIS, mediapipe_file
from emotion.vision.movements import MULTIPLY_ADDS

MESH, CLASSIFIER, EYES, MOVEMENTS = "mesh", "classifier", "eyes", "movements"


def stage_costs() -> dict[str, int | None]:
    """Return the multiply–adds per face of each stage; None if they cannot be counted.

    Returns:
        ``mesh``, ``classifier``, and the optional stages ``eyes`` (both) and ``movements``. The detector is left out,
        as it does not run on every frame.

    Raises:
        ModelError: A model is missing or damaged.
    """
    mesh, iris = (tflite_cost(mediapipe_file(name).read_bytes())[1] for name in (FACE_MESH, IRIS))
    return {
        MESH: mesh,
        CLASSIFIER: load_card("default").multiply_adds,
        EYES: None if iris is None else 2 * iris,
        MOVEMENTS: MULTIPLY_ADDS,
    }
