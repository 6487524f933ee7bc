"""Fixtures of the live tests: models loaded once, a camera, a clock, an empty library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emotion import Analyzer
from emotion.library import Library
from tests.live.cameras import Camera, Clock, as_frame, portrait


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    return Analyzer()


@pytest.fixture(scope="session")
def camera() -> Camera:
    """A camera with a still picture at 30 frames per second."""
    image = portrait()
    return lambda index: as_frame(image, index)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library.open(f"sqlite:///{tmp_path / 'library.db'}", str(tmp_path / "storage"))
    yield library
    library.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()
