"""Small data sets in every public format, made here, and a way to prepare them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.datasets.manifest import Manifest
from training.preparation.prepare import PrepareOptions, prepare

USAGES = ("Training", "PublicTest", "PrivateTest")


def as_text(image: np.ndarray) -> str:
    """A picture the way Kaggle's tables write it."""
    return " ".join(map(str, image.ravel().tolist()))


def write_csv(path: Path, header: str, rows: Sequence[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def write_picture(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


@pytest.fixture
def prepared(tmp_path: Path) -> Callable[..., tuple[Path, Manifest]]:
    """Prepare into a new folder; answers the folder and its manifest."""

    def run(format_name: str, source: Path, **options) -> tuple[Path, Manifest]:
        out = tmp_path / "prepared"
        return out, prepare(format_name, source, out, PrepareOptions(**options))

    return run
