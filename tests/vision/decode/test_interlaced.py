"""Interlaced frames show one moment, their times stay, and seeking gives the same pixels; others do not change."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.filter import Graph

from emotion.vision.decode.planes import INTERLACED_NOTE, progressive, with_square_pixels
from emotion.vision.decode.seek import position_of
from emotion.vision.decode.shape import Shape
from emotion.vision.decode.video import frame_at, is_shown_as_stored, probe, read_video
from tests.vision.clips import grey_levels, write_clip
from tests.vision.field_clips import write_fields

WIDTH, HEIGHT = 160, 96
FRAMES = 60
CODED = {"flags": "+ildct+ilme", "g": "10"}
EXACT = {"crf": "1"}


def bar(moment: int) -> np.ndarray:
    """Return a white bar on black that moves by 8 px from field to field."""
    picture = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
    left = 8 * moment % (WIDTH - 16)
    picture[:, left : left + 16] = 220
    return picture


def interlaced(frame: int, order: str) -> np.ndarray:
    """Return a frame whose lines show two moments."""
    picture, later = bar(2 * frame), 1 if order == "tff" else 0
    picture[later::2] = bar(2 * frame + 1)[later::2]
    return picture


def write_interlaced(
    path: Path,
    order: str = "tff",
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (HEIGHT, WIDTH),
) -> Path:
    """Write a video of frames that are marked as interlaced, the top (tff) or bottom field first."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=CODED | (EXACT if codec == "libx264" else {}))
        (stream.height, stream.width), stream.pix_fmt = size, pix_fmt
        stream.codec_context.bit_rate = 8_000_000
        for index in range(FRAMES):
            cut = np.ascontiguousarray(interlaced(index, order)[: size[0], : size[1]])
            frame = av.VideoFrame.from_ndarray(cut, format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(_marked(frame, order)))
        container.mux(stream.encode())
    return path


def _marked(frame: av.VideoFrame, order: str) -> av.VideoFrame:
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    graph.link_nodes(source, graph.add("setfield", order), graph.add("buffersink")).configure()
    graph.vpush(frame)
    return graph.vpull()


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("avchd.mts", "libx264", "yuv420p"),
        ("broadcast.mpg", "mpeg2video", "yuv420p"),
        ("full-range.mp4", "libx264", "yuvj420p"),
        ("ten-bit.mov", "prores_ks", "yuv422p10le"),
    ],
)
def test_frames_show_the_first_fields_moment(tmp_path: Path, name: str, codec: str, pix_fmt: str, order: str) -> None:
    clip = write_interlaced(tmp_path / name, order, codec, pix_fmt)
    frames = list(read_video(clip))
    assert len(frames) == FRAMES
    assert [frame.time_s for frame in frames] == pytest.approx(np.arange(FRAMES) / 25, abs=1e-3)
    for frame in frames[::7]:
        moment = bar(2 * frame.index)[..., 0].astype(int)
        assert np.abs(frame.luma.astype(int) - moment).mean() < 4, "combed lines differ by 20 on average"
        assert np.abs(frame.rgb().mean(axis=2) - moment).mean() < 4
    info = probe(clip)
    assert INTERLACED_NOTE in info.mended
    assert info.frame_count == FRAMES
    assert not is_shown_as_stored(clip), "browsers show both fields"


@pytest.mark.parametrize("name", ["a.mp4", "a.mts", "a.mkv"])
def test_every_way_to_a_frame_gives_the_same_pixels(tmp_path: Path, name: str) -> None:
    clip = write_interlaced(tmp_path / name)
    straight = list(read_video(clip))
    for first in (1, 9, 10, 33):
        part = list(read_video(clip, start_s=straight[first].time_s))
        rest = list(read_video(clip, after=position_of(straight[first - 1])))
        for found in (part, rest):
            assert [frame.index for frame in found] == list(range(first, FRAMES))
            for frame in found:
                assert np.array_equal(frame.luma, straight[frame.index].luma)
                assert np.array_equal(frame.rgb(), straight[frame.index].rgb())
        assert np.array_equal(frame_at(clip, straight[first].time_s), straight[first].rgb())


def test_others_are_not_touched(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", grey_levels([50, 200]))
    assert not probe(clip).mended
    with av.open(str(clip)) as container:
        assert all(progressive(picture) is picture for picture in container.decode(video=0))


def test_what_the_camera_page_gets_keeps_its_time(tmp_path: Path) -> None:
    with av.open(str(write_interlaced(tmp_path / "a.mp4"))) as container:
        pictures = list(container.decode(video=0))
        found = with_square_pixels(pictures[3], Shape.of(container.streams.video[0], pictures[0]))
    assert (found.pts, found.time_base) == (pictures[3].pts, pictures[3].time_base)
    assert not found.interlaced_frame
    assert np.abs(found.to_ndarray(format="gray").astype(int) - bar(6)[..., 0]).mean() < 30


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p", "yuv422p10le", "bgra"])
@pytest.mark.parametrize("size", [(4, 4), (4, 160), (96, 4), (16, 16), (35, 51)])
def test_small_frames_are_read(tmp_path: Path, size: tuple[int, int], pix_fmt: str) -> None:
    assert (
        len(list(read_video(write_interlaced(tmp_path / "a.mkv", codec="ffv1", pix_fmt=pix_fmt, size=size)))) == FRAMES
    )


@pytest.mark.parametrize("is_high", [False, True])
@pytest.mark.parametrize("has_stamps_of_both", [False, True])
def test_two_coded_fields_are_one_frame(tmp_path: Path, has_stamps_of_both: bool, is_high: bool) -> None:
    clip = write_fields(tmp_path / "a.mts", FRAMES, has_stamps_of_both, is_high)
    info = probe(clip)
    assert (info.frame_count, info.fps) == (FRAMES, pytest.approx(25))
    assert info.duration_s == pytest.approx(FRAMES / 25, abs=0.021)
    assert info.mended == INTERLACED_NOTE, "no time stamp is missing"
    straight = list(read_video(clip))
    assert [frame.index for frame in straight] == list(range(FRAMES))
    for first in (1, 25):
        part = list(read_video(clip, start_s=straight[first].time_s))
        assert [frame.index for frame in part] == list(range(first, FRAMES))
        assert all(np.array_equal(frame.luma, straight[frame.index].luma) for frame in part)
        rest = list(read_video(clip, after=position_of(straight[first - 1])))
        assert [frame.index for frame in rest] == list(range(first, FRAMES))
