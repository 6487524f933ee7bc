"""Short videos for batches, and a batch that runs in the test's own process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emotion.batch.settings import Settings
from emotion.samples import make_clip
from emotion.vision.decode.video import read_video
from emotion.vision.encode import write_video

MakeFilm = Callable[..., Path]
LONG_FRAMES = 300


@pytest.fixture(scope="session")
def make_film() -> MakeFilm:
    """A function that writes a video without a face; a grey level makes its bytes unique."""

    def make(path: Path, grey: int = 0, frames: int = 10) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        pictures = (np.full((48, 64, 3), (grey + 8 * index) % 256, np.uint8) for index in range(frames))
        return write_video(path, pictures, fps=25)

    return make


@pytest.fixture(scope="session")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of three seconds with a face."""
    return make_clip(tmp_path_factory.mktemp("portrait") / "portrait.mp4")


@pytest.fixture(scope="session")
def long_portrait(portrait: Path) -> Path:
    """The portrait, repeated until the video is long enough to be interrupted."""
    pictures = [frame.rgb() for frame in read_video(portrait)]
    return write_video(
        portrait.with_name("long.mp4"),
        (picture for _ in range(LONG_FRAMES // len(pictures)) for picture in pictures),
        fps=25,
    )


@pytest.fixture
def films(tmp_path: Path, make_film: MakeFilm) -> Path:
    """A folder of three videos, one of them in a subfolder, and a file that is not a video."""
    folder = tmp_path / "films"
    make_film(folder / "a.mp4", 0)
    make_film(folder / "b.mp4", 60)
    make_film(folder / "more" / "c.mp4", 120)
    (folder / "broken.mov").write_text("no video at all")
    (folder / "notes.txt").write_text("no video either")
    return folder


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings.of()
