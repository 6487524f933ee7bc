"""The stream that is read from a file: the video, never a cover or preview."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition

from emotion.errors import VideoError
from emotion.vision.decode.containers import open_container, picture_stream
from emotion.vision.decode.seek import position_of
from emotion.vision.decode.video import frame_at, probe, read_video
from emotion.vision.encode import close_live_video
from tests.vision.broken_clips import write_streams
from tests.vision.clips import grey_levels

COVER, DEFAULT = int(Disposition.attached_pic), int(Disposition.default)
FILM = grey_levels([200] * 20, 64, 48)
PREVIEW = grey_levels([0] * 20, 32, 24)
RED = np.zeros((300, 300, 3), np.uint8)
RED[..., 0] = 255

Streams = list[tuple[list[np.ndarray], str, int]]
CASES: dict[str, tuple[str, Streams]] = {
    "a cover first": ("mp4", [([RED], "mjpeg", COVER), (FILM, "", DEFAULT)]),
    "a cover first in Matroska": ("mkv", [([RED], "mjpeg", COVER), (FILM, "", DEFAULT)]),
    "a cover that is not marked": ("mp4", [([RED], "mjpeg", DEFAULT), (FILM, "", 0)]),
    "one in Matroska": ("mkv", [([RED], "mjpeg", DEFAULT), (FILM, "", 0)]),
    "a preview first": ("mkv", [(PREVIEW, "", 0), (FILM, "", DEFAULT)]),
    "a preview first in mp4": ("mp4", [(PREVIEW, "", 0), (FILM, "", DEFAULT)]),
    "a small default": ("mkv", [(PREVIEW, "", 0), (grey_levels([90] * 20, 128, 96), "", 0), (FILM, "", DEFAULT)]),
    "two defaults": ("mkv", [(PREVIEW, "", DEFAULT), (FILM, "", DEFAULT)]),
    "no default": ("ts", [(PREVIEW, "", 0), (FILM, "", 0)]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_video_stream_is_read_not_the_cover(tmp_path: Path, name: str) -> None:
    ending, streams = CASES[name]
    clip = write_streams(tmp_path / f"clip.{ending}", streams)
    info, frames = probe(clip), list(read_video(clip))
    assert (info.width, info.height, info.frame_count, len(frames)) == (64, 48, 20, 20)
    assert all(frame.luma.mean() == pytest.approx(200, abs=2) for frame in frames)
    assert frame_at(clip, 0.4).mean() == pytest.approx(200, abs=2)
    assert len(list(read_video(clip, after=position_of(frames[9])))) == 10
    assert len(list(read_video(clip, start_s=0.4))) == 10
    films = sum(kind == "" for _, kind, _ in streams)
    others = f"The file has {films} video streams; only no. {films}, of 64 × 48 pixels, is analysed."
    assert info.mended == (others if films > 1 else "")


def test_an_attached_cover_is_ignored(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    with av.open(str(clip), "w") as container:
        container.add_attachment("cover.jpg", "image/jpeg", cv2.imencode(".jpg", RED)[1].tobytes())
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for picture in FILM:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    assert probe(clip).width == 64
    assert next(read_video(clip)).luma.mean() == pytest.approx(200, abs=2)


def test_a_file_with_only_a_cover_is_refused(tmp_path: Path) -> None:
    clip = write_streams(tmp_path / "song.mp4", [([RED], "mjpeg", COVER)])
    with pytest.raises(VideoError, match=r"song\.mp4 has no video, only cover art"):
        probe(clip)


def test_a_stream_of_photographs_is_read(tmp_path: Path) -> None:
    clip = write_streams(tmp_path / "camera.mkv", [(FILM, "mjpeg", DEFAULT)])
    assert len(list(read_video(clip))) == 20


def test_a_copy_uses_the_same_stream(tmp_path: Path) -> None:
    clip = write_streams(tmp_path / "two.mkv", [(PREVIEW, "", 0), (FILM, "", DEFAULT)])
    assert close_live_video(clip, tmp_path / "copy.mp4")
    with open_container(tmp_path / "copy.mp4") as container:
        assert picture_stream(container).width == 64
