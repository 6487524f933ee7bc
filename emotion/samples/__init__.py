"""Sample material: a public-domain portrait, and a short clip made from it.

The portrait is NASA's of the astronaut Eileen Collins, from scikit-image.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from emotion.types import Image
from emotion.vision.encode import write_video

SAMPLE_NAME = "astronaut"
CLIP_FPS = 25.0
CLIP_FRAMES = 75

_CLIP_SIZE = (640, 360)
_FACE_AT = (224.0, 120.0)
"""Centre of the face in the 512×512 portrait, px."""


def sample_image() -> Image:
    """Return the portrait as ``(512, 512, 3)`` uint8 RGB."""
    # Imported here, as scikit-image is slow to import and only samples need it.
    from skimage import data  # noqa: PLC0415

    return np.asarray(data.astronaut(), np.uint8)


def clip_frames() -> Iterator[Image]:
    """Yield the clip's ``(360, 640, 3)`` uint8 RGB frames: the view zooms in, leaves the face and returns."""
    portrait = sample_image()
    for index in range(CLIP_FRAMES):
        yield _view(portrait, *_camera(index / (CLIP_FRAMES - 1)))


def make_clip(path: str | Path) -> Path:
    """Write the clip as H.264: three seconds, with no face for a while in the second half."""
    return write_video(path, clip_frames(), CLIP_FPS)


def _camera(progress: float) -> tuple[float, float, float]:
    """Return the view's centre (x, y in px of the portrait) and zoom, for progress 0–1."""
    zoom = 1.35 + 0.3 * np.sin(np.pi * min(progress / 0.26, 1.0))
    # Down to the space suit and back up, slowly enough to follow.
    away = _ease((progress - 0.26) / 0.3) - _ease((progress - 0.66) / 0.3)
    return _FACE_AT[0] + 14 * np.sin(2 * np.pi * progress), _FACE_AT[1] + 190 * away, float(zoom)


def _ease(progress: float) -> float:
    """Return 0 before and 1 after a movement, and between them half a cosine."""
    return float(0.5 - 0.5 * np.cos(np.pi * np.clip(progress, 0.0, 1.0)))


def _view(portrait: Image, x: float, y: float, zoom: float) -> Image:
    width, height = _CLIP_SIZE
    matrix = np.array([[zoom, 0, width / 2 - zoom * x], [0, zoom, height / 2 - zoom * y]])
    view = cv2.warpAffine(portrait, matrix, _CLIP_SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(view, np.uint8)
