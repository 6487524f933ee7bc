"""Builds small data sets in public formats."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

USAGES = ("Training", "PublicTest", "PrivateTest")


def as_text(image: np.ndarray) -> str:
    """Return a picture in the format of Kaggle's tables: pixels separated by spaces."""
    return " ".join(map(str, image.ravel().tolist()))


def write_csv(path: Path, header: str, rows: Sequence[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def write_picture(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path
