"""Draws pictures of a data set's classes: a grid of samples and the mean face of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion.types import Image
from training.datasets.face_set import FaceSet
from training.datasets.pictures import encode_png

GRID_COLUMNS = 8
GRID_ROWS = 4
_GAP = 2
"""White space between the faces of a grid."""
_BLOCK = 4096


def write_pictures(faces: FaceSet, out: Path, seed: int = 2024) -> dict[str, dict[str, str]]:
    """Write ``samples-<class>.png`` and ``mean-<class>.png`` for each class that has faces.

    Args:
        faces: The split to show.
        out: Output folder.
        seed: Seed of the draw of samples.

    Returns:
        ``samples`` and ``mean``: class → file name.
    """
    names: dict[str, dict[str, str]] = {"samples": {}, "mean": {}}
    for code, label in enumerate(faces.label_set.labels):
        rows = np.flatnonzero(faces.labels == code)
        if len(rows):
            shown = faces.take(rows).sample(GRID_COLUMNS * GRID_ROWS, seed)
            for kind, picture in (("samples", grid(shown.images)), ("mean", mean_face(faces.images, rows))):
                names[kind][label] = f"{kind}-{label}.png"
                (out / names[kind][label]).write_bytes(encode_png(picture))
    return names


def grid(images: NDArray[np.uint8]) -> Image:
    """Arrange pictures in rows of :data:`GRID_COLUMNS` on white.

    Args:
        images: ``(n, s, s)`` or ``(n, s, s, 3)`` uint8, at least one.
    """
    side = images.shape[1] + _GAP
    rows = -(-len(images) // GRID_COLUMNS)
    sheet = np.full((rows * side - _GAP, GRID_COLUMNS * side - _GAP, *images.shape[3:]), 255, np.uint8)
    for place, image in enumerate(images):
        top, left = place // GRID_COLUMNS * side, place % GRID_COLUMNS * side
        sheet[top : top + len(image), left : left + len(image)] = image
    return sheet


def mean_face(images: NDArray[np.uint8], rows: NDArray[np.intp]) -> Image:
    """Return the mean of some pictures.

    Args:
        images: ``(n, s, s)`` or ``(n, s, s, 3)`` uint8.
        rows: ``(m,)`` rows of the pictures, at least one.
    """
    total = np.zeros(images.shape[1:], np.int64)
    for start in range(0, len(rows), _BLOCK):
        total += images[rows[start : start + _BLOCK]].sum(axis=0, dtype=np.int64)
    return np.round(total / len(rows)).astype(np.uint8)
