"""Reader of FER2013 with FER+ votes stored as Parquet: one file per split, PNG bytes in a column."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.labels import FERPLUS_LABELS
from training.datasets.face_set import FACE_SIZE, FaceSet

SPLITS = ("train", "public-test", "private-test")
"""Training, PublicTest (everything is chosen on it) and PrivateTest (only reported)."""

VOTE_COLUMNS = tuple(f"votes_{name}" for name in (*FERPLUS_LABELS, "unknown", "NF"))


def default_data_dir() -> Path:
    """Return the folder of the data set: under ``$EMOTION_SHARED_DATA``, else ``../shared/data`` beside the project."""
    project = Path(__file__).resolve().parents[2]
    shared = os.environ.get("EMOTION_SHARED_DATA") or project.parent / "shared" / "data"
    return Path(shared) / "fer2013"


def read_split(folder: Path, split: str) -> FaceSet:
    """Read one split.

    Args:
        folder: Holds ``fer2013-<split>.parquet`` with the columns ``image`` (struct with PNG
            ``bytes``), ``emotion`` (FER2013 code) and, if known, the ten ``votes_*``.
        split: One of :data:`SPLITS`.

    Raises:
        DatasetError: The file is missing, or is not laid out so.
    """
    path = folder / f"fer2013-{split}.parquet"
    if not path.is_file():
        raise DatasetError(f"expected the data set's file {path.name} in {folder}; there is none")
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DatasetError(f"expected a Parquet file; {path.name} cannot be read: {error}") from error
    if missing := {"image", "emotion"} - set(table.columns):
        raise DatasetError(f"expected the columns image and emotion in {path.name}; {sorted(missing)} missing")
    images = np.stack([_decode(cell, path.name, row) for row, cell in enumerate(table["image"])])
    has_votes = set(VOTE_COLUMNS) <= set(table.columns)
    votes = table[list(VOTE_COLUMNS)].to_numpy(np.int8) if has_votes else None
    return FaceSet(split, images, table["emotion"].to_numpy(np.int8), votes)


def _decode(cell: dict[str, Any], file: str, row: int) -> NDArray[np.uint8]:
    """Decode one picture; OpenCV answers None, not an exception, to broken bytes."""
    image = cv2.imdecode(np.frombuffer(cell["bytes"], np.uint8), cv2.IMREAD_GRAYSCALE)
    if image is None or image.shape != (FACE_SIZE, FACE_SIZE):
        found = "unreadable bytes" if image is None else f"{image.shape}"
        raise DatasetError(f"expected a {FACE_SIZE}x{FACE_SIZE} picture in row {row} of {file}; got {found}")
    return np.asarray(image, np.uint8)
