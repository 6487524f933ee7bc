"""A library on SQLite and on PostgreSQL, whose server the tests start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import emotion
from emotion.library import Library
from emotion.samples import clip_frames
from emotion.types import Analysis
from emotion.vision.encode import write_video
from tests.library.libraries import BOTH, MakeLibrary, empty_database

LONG_S = 12
"""Length of the repeated sample clip: long enough to kill a worker during its analysis."""


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    return empty_database(request, tmp_path)


@pytest.fixture
def make_library(database_url: str, tmp_path: Path) -> Iterator[MakeLibrary]:
    """A function that opens the same library again, as another process would."""
    opened = []

    def make() -> Library:
        opened.append(Library.open(database_url, str(tmp_path / "storage")))
        return opened[-1]

    yield make
    for library in opened:
        library.close()


@pytest.fixture
def library(make_library: MakeLibrary) -> Library:
    return make_library()


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of one second without a face."""
    pictures = [np.full((48, 64, 3), 8 * index, np.uint8) for index in range(25)]
    return write_video(tmp_path_factory.mktemp("video") / "grey.mp4", pictures, fps=25)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video with a face, long enough to be interrupted."""
    pictures = list(clip_frames())
    path = tmp_path_factory.mktemp("clip") / "long.mp4"
    return write_video(path, (picture for _ in range(LONG_S // 3) for picture in pictures), fps=25)


@pytest.fixture(scope="session")
def uninterrupted(clip: Path) -> Analysis:
    """An analysis of every second frame of the clip."""
    return emotion.Analyzer().video(clip, every=2)
