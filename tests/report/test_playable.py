from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from emotion.errors import Cancelled
from emotion.report.playable import plays_in_browser, write_playable
from emotion.vision.decode.video import probe, read_video
from tests.vision.broken_clips import overwrite_packets


def write(path: Path, codec: str, pix_fmt: str = "yuv420p", frames: int = 10, sound: bool = False) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pix_fmt
        audio = container.add_stream("aac", rate=16_000, layout="mono") if sound else None
        for index in range(frames):
            picture = np.full((48, 64, 3), 20 * index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            if audio is not None:
                tone = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.float32), format="fltp", layout="mono")
                tone.sample_rate, tone.pts = 16_000, 1600 * index
                container.mux(audio.encode(tone))
        container.mux(stream.encode())
        if audio is not None:
            container.mux(audio.encode())
    return path


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "plays"),
    [
        ("a.mp4", "libx264", "yuv420p", True),
        ("a.webm", "libvpx-vp9", "yuv420p", True),
        ("a.mov", "libx264", "yuv420p", False),
        ("a.mkv", "libx264", "yuv420p", False),
        ("a.avi", "mpeg4", "yuv420p", False),
        ("a.mp4", "mpeg4", "yuv420p", False),
        ("a.mp4", "libx264", "yuv444p", False),
    ],
)
def test_playable_formats(tmp_path, name, codec, pix_fmt, plays):
    assert plays_in_browser(write(tmp_path / name, codec, pix_fmt)) is plays


def test_a_copy_has_every_frame_at_its_time_and_the_sound(tmp_path):
    source = write(tmp_path / "a.mkv", "mpeg4", sound=True)
    counts: list[int] = []
    copy = write_playable(source, tmp_path / "copy.mp4", counts.append)
    assert plays_in_browser(copy)
    assert counts == list(range(1, 11))
    assert [f.time_s for f in read_video(copy)] == pytest.approx([f.time_s for f in read_video(source)], abs=2e-3)
    with av.open(str(copy)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        assert float(container.streams.audio[0].duration * container.streams.audio[0].time_base) > 0.9


def test_a_copy_of_a_damaged_video_has_the_frames_that_can_be_read(tmp_path):
    clip = overwrite_packets(write(tmp_path / "whole.mkv", "libx264"), tmp_path / "clip.mkv", {4})
    copy = write_playable(clip, tmp_path / "copy.mp4", lambda _: None)
    assert 0 < probe(copy).frame_count < 10


def test_odd_sides_become_even(tmp_path):
    source = tmp_path / "odd.avi"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("png", rate=10)
        stream.width, stream.height, stream.pix_fmt = 33, 21, "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((21, 33, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode())
    info = probe(write_playable(source, tmp_path / "copy.mp4", lambda _: None))
    assert (info.width, info.height) == (34, 22)


def test_converting_can_be_cancelled(tmp_path):
    def stop(_: int) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        write_playable(write(tmp_path / "a.avi", "mpeg4"), tmp_path / "copy.mp4", stop)
