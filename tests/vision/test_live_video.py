"""Videos written from a running camera: times, and files that were not closed."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from emotion.vision.decode.video import probe, read_video
from emotion.vision.encode import LiveVideo, close_live_video


def picture(index: int, width: int = 160, height: int = 120) -> av.VideoFrame:
    image = np.full((height, width, 3), 40 + index, np.uint8)
    return av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")


def written(path: Path, times: list[float]) -> LiveVideo:
    video = LiveVideo(path, 160, 120)
    for index, time_s in enumerate(times):
        video.add(picture(index), time_s)
    return video


def test_frames_keep_their_own_times(tmp_path: Path) -> None:
    times = np.cumsum([0.0, *np.random.default_rng(2).uniform(0.01, 0.3, 60)]).tolist()
    written(tmp_path / "live.mp4", times).close()
    assert close_live_video(tmp_path / "live.mp4", tmp_path / "whole.mp4")
    frames = list(read_video(tmp_path / "whole.mp4"))
    assert [frame.time_s for frame in frames] == pytest.approx(times, abs=1e-3)
    assert [round(float(frame.luma.mean())) for frame in frames] == pytest.approx(range(40, 101), abs=3)


def test_an_unclosed_file_is_readable_to_its_last_fragment(tmp_path: Path) -> None:
    """The file as it is on the disk after a crash."""
    path = tmp_path / "live.mp4"
    video = written(path, [index / 30 for index in range(120)])
    (tmp_path / "crashed.mp4").write_bytes(path.read_bytes()[:-7])
    video.close()
    assert close_live_video(tmp_path / "crashed.mp4", tmp_path / "whole.mp4")
    assert 3.0 <= probe(tmp_path / "whole.mp4").duration_s <= 4.0
    assert len(list(read_video(tmp_path / "whole.mp4"))) >= 88


def test_frames_of_another_size_are_scaled_to_the_first(tmp_path: Path) -> None:
    video = LiveVideo(tmp_path / "live.mp4", 161, 121)
    for index in range(10):
        video.add(picture(index, 80 if index > 4 else 161, 60 if index > 4 else 121), index / 30)
    video.close()
    assert close_live_video(tmp_path / "live.mp4", tmp_path / "whole.mp4")
    assert [(frame.width, frame.height) for frame in read_video(tmp_path / "whole.mp4")] == [(160, 120)] * 10


@pytest.mark.parametrize("content", [b"", b"no video"])
def test_no_frames_give_no_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "live.mp4").write_bytes(content)
    assert not close_live_video(tmp_path / "live.mp4", tmp_path / "whole.mp4")
    assert not (tmp_path / "whole.mp4").exists()
