"""Reads faces with points, augments both together, and makes pictures without a face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.models.face_parts import KEYPOINTS
from emotion.types import FloatArray, Image
from training.augment import Augmentation, warp
from training.datasets.keypoint_set import KEYPOINT_IMAGE_SIZE, KeypointSet
from training.datasets.manifest import load_manifest
from training.datasets.readers.keypoints_csv import COORDINATES, open_keypoints, read_keypoints
from training.datasets.samples import Sample

HELD_OUT = 0.1
"""Share of the training faces for validation."""

_OTHER_SIDE = {"left": "right", "right": "left"}
MIRRORED = [KEYPOINTS.index("_".join(_OTHER_SIDE.get(word, word) for word in name.split("_"))) for name in KEYPOINTS]
"""Index of each point's mirror point."""


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """Training, validation and test faces."""

    train: KeypointSet
    validation: KeypointSet
    test: KeypointSet | None


def read_splits(source: Path, limit: int | None = None, seed: int = 2024) -> Splits:
    """Read the data set, as its publisher packs it or as ``prepare keypoints-csv`` wrote it.

    Args:
        source: The folder or file.
        limit: Maximum number of faces per split.
        seed: Seeds the choice of validation faces, if the data set has none.

    Raises:
        DatasetError: There is no such data set.
    """
    sets = read_keypoints(source) if source.is_dir() and load_manifest(source) else _read_raw(source)
    sets = {name: part.take(np.arange(min(len(part), limit or len(part)))) for name, part in sets.items()}
    if "validation" not in sets:
        rows = np.random.default_rng(seed).permutation(len(sets["train"]))
        held_out = max(round(HELD_OUT * len(rows)), 1)
        sets["validation"] = sets["train"].take(np.sort(rows[:held_out]))
        sets["train"] = sets["train"].take(np.sort(rows[held_out:]))
    return Splits(sets["train"], sets["validation"], sets.get("test"))


def _read_raw(source: Path) -> dict[str, KeypointSet]:
    images: dict[str, list[Image]] = {}
    points: dict[str, list[list[float]]] = {}
    for item in open_keypoints(source).items:
        if isinstance(item, Sample):
            images.setdefault(item.split, []).append(item.image)
            points.setdefault(item.split, []).append([item.values[name] for name in COORDINATES])
    if "train" not in images:
        raise DatasetError(f"expected faces with keypoints in {source.name}; every row was unreadable")
    shape = (-1, len(KEYPOINTS), 2)
    return {
        name: KeypointSet(name, np.stack(pictures), np.array(points[name], np.float32).reshape(shape))
        for name, pictures in images.items()
    }


def varied(faces: KeypointSet, how: Augmentation, rng: np.random.Generator) -> tuple[NDArray[np.uint8], FloatArray]:
    """Return augmented pictures ``(n, 96, 96)`` uint8 and their points ``(n, 15, 2)`` float32 px.

    In mirrored pictures, left and right points are swapped.
    """
    matrices = how.matrices(len(faces), KEYPOINT_IMAGE_SIZE, rng)
    points = np.einsum("nij,npj->npi", matrices[:, :, :2], faces.points) + matrices[:, None, :, 2]
    mirrored = np.linalg.det(matrices[:, :, :2]) < 0
    points[mirrored] = points[mirrored][:, MIRRORED]
    return how.vary_appearance(warp(faces.images, matrices), rng), points.astype(np.float32)


def hide_faces(images: NDArray[np.uint8], points: FloatArray, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return pictures without a visible face, with the same light and grain.

    Each is made in one of four ways: shift the face out of the picture, cover its parts, shuffle squares, or enlarge a
    corner.

    Args:
        images: ``(n, s, s)`` uint8 faces.
        points: ``(n, 15, 2)`` px points of the faces.
        rng: Random generator.
    """
    ways = rng.integers(len(_WAYS), size=len(images))
    return np.stack([_WAYS[way](face, at, rng) for way, face, at in zip(ways, images, points, strict=True)])


def _moved_out(face: Image, points: FloatArray, rng: np.random.Generator) -> Image:
    """Shift the parts out of the picture, repeating its border."""
    side = len(face)
    along, sign = rng.integers(2), rng.choice((-1.0, 1.0))
    shift = np.zeros(2)
    shift[along] = sign * side * rng.uniform(0.75, 0.95)
    matrix = np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])
    return np.asarray(cv2.warpAffine(face, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _covered(face: Image, points: FloatArray, rng: np.random.Generator) -> Image:
    """Cover everything from the brows to the mouth with an even or grainy patch."""
    side = len(face)
    known = points[np.isfinite(points).all(axis=1)]
    low = np.clip(known.min(axis=0) - side * rng.uniform(0.03, 0.12, 2), 0, side).astype(int)
    high = np.clip(known.max(axis=0) + side * rng.uniform(0.03, 0.12, 2), 0, side).astype(int)
    covered = face.copy()
    patch = covered[low[1] : high[1], low[0] : high[0]]
    patch[:] = np.clip(rng.integers(0, 256) + rng.normal(0, rng.uniform(0, 40), patch.shape), 0, 255)
    return covered


def _mixed(face: Image, points: FloatArray, rng: np.random.Generator) -> Image:
    """Shuffle squares of a sixth of the side."""
    tile = len(face) // 6
    tiles = face.reshape(6, tile, 6, tile).swapaxes(1, 2).reshape(36, tile, tile)
    return rng.permutation(tiles).reshape(6, 6, tile, tile).swapaxes(1, 2).reshape(face.shape)


def _blown_up(face: Image, points: FloatArray, rng: np.random.Generator) -> Image:
    """Enlarge a corner of a quarter of the side: hair, background or collar."""
    side = len(face)
    small = side // 4
    top, left = rng.choice((0, side - small), 2)
    return np.asarray(cv2.resize(face[top : top + small, left : left + small], (side, side)), np.uint8)


_WAYS = (_moved_out, _covered, _mixed, _blown_up)


def endless_rows(
    count: int, batch_size: int, seed: int, first_epoch: int
) -> Iterator[tuple[NDArray[np.intp], np.random.Generator]]:
    """Yield the rows and the random generator of each batch without end; both depend only on seed and epoch."""
    epoch = first_epoch
    while True:
        rng = np.random.default_rng((seed, epoch))
        order = rng.permutation(count)
        for start in range(0, max(count - batch_size + 1, 1), batch_size):
            yield order[start : start + batch_size], rng
        epoch += 1
