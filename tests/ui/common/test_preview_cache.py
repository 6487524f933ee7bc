"""Previews of analyses in lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emotion.errors import VideoError
from emotion.library import LOCAL, Library
from emotion.vision.encode import write_video
from ui.common import previews


@pytest.mark.slow
def test_a_video_that_could_not_be_read_once_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = write_video(tmp_path / "grey.mp4", [np.full((48, 64, 3), 90, np.uint8)] * 5, fps=25)
    library = Library.open()
    repository = library.for_owner(LOCAL)
    entry = repository.add(video, "grey.mp4")

    def busy(path: Path, time_s: float) -> bytes:
        raise VideoError(f"{path.name} cannot be read at {time_s} s")

    with monkeypatch.context() as patch:
        patch.setattr(previews, "poster_of", busy)
        assert previews.preview_of(repository, entry) is None
    shown = previews.preview_of(repository, entry)
    library.close()
    assert shown is not None
    assert shown.startswith("data:image/jpeg;base64,")
