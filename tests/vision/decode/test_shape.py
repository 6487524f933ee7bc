"""The shape of frames: rotated, mirrored, square pixels, one size."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from emotion.errors import TooLargeError
from emotion.types import Image
from emotion.vision.decode.seek import position_of
from emotion.vision.decode.shape import Orientation
from emotion.vision.decode.video import frame_at, is_shown_as_stored, probe, read_video
from tests.vision.clips import write_clip

WIDTH, HEIGHT = 64, 48
ONE = 65536
MATRICES = {
    "upright": ([1, 0, 0, 1], lambda picture: picture),
    "hflip": ([-1, 0, 0, 1], lambda picture: picture[:, ::-1]),
    "vflip": ([1, 0, 0, -1], lambda picture: picture[::-1]),
    "half a turn": ([-1, 0, 0, -1], lambda picture: picture[::-1, ::-1]),
    "clockwise": ([0, 1, -1, 0], lambda picture: np.rot90(picture, -1)),
    "counter-clockwise": ([0, -1, 1, 0], np.rot90),
    "transposed": ([0, 1, 1, 0], lambda picture: picture.swapaxes(0, 1)),
    "transverse": ([0, -1, -1, 0], lambda picture: np.rot90(picture, 2).swapaxes(0, 1)),
}
"""a, b, c and d of a display matrix (a picture's place (x, y) is shown at (a·x + c·y, b·x + d·y)), and what it does."""


def corners() -> Image:
    """Return a picture with four different quarters, which looks different in every orientation."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[: HEIGHT // 2, : WIDTH // 2] = 250
    picture[: HEIGHT // 2, WIDTH // 2 :] = 160
    picture[HEIGHT // 2 :, : WIDTH // 2] = 80
    return picture


def write(path: Path, turn: list[int], aspect: Fraction | None = None, count: int = 30) -> Path:
    a, b, c, d = (ONE * value for value in turn)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "10", "crf": "5"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 2**30])
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for _ in range(count):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(corners(), format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("name", MATRICES)
def test_every_orientation_matches_players(tmp_path: Path, name: str) -> None:
    turn, shown = MATRICES[name]
    clip, expected = write(tmp_path / "turned.mp4", turn), shown(corners())
    info, frames = probe(clip), list(read_video(clip))
    for frame in frames:
        assert (info.height, info.width) == frame.luma.shape == expected.shape[:2]
        assert np.abs(frame.luma.astype(int) - expected[..., 0]).mean() < 6
    assert np.abs(frames[0].rgb().astype(int) - expected).mean() < 6
    assert np.abs(frame_at(clip, 0.6).astype(int) - expected).mean() < 6
    upright = np.rot90(corners()[:, ::-1] if info.mirrored else corners(), info.rotation // 90)
    assert np.array_equal(upright, expected)
    assert is_shown_as_stored(clip) == (not info.mirrored)


@pytest.mark.parametrize("name", MATRICES)
def test_reading_resumes_in_every_orientation(tmp_path: Path, name: str) -> None:
    clip = write(tmp_path / "turned.mp4", MATRICES[name][0], Fraction(3, 2))
    whole = list(read_video(clip))
    rest = list(read_video(clip, after=position_of(whole[14])))
    assert [frame.index for frame in rest] == list(range(15, 30))
    assert all(np.array_equal(one.luma, other.luma) for one, other in zip(rest, whole[15:], strict=True))


@pytest.mark.parametrize("name", ["upright", "hflip", "clockwise", "transverse"])
@pytest.mark.parametrize("aspect", [Fraction(2), Fraction(64, 45), Fraction(8, 9)])
def test_pixels_are_made_square_before_rotation(tmp_path: Path, name: str, aspect: Fraction) -> None:
    turn, shown = MATRICES[name]
    info = probe(clip := write(tmp_path / "wide.mp4", turn, aspect))
    wide = round(WIDTH * aspect)
    assert (info.width, info.height) == ((HEIGHT, wide) if Orientation(*_swap(turn)).swap else (wide, HEIGHT))
    frame = next(read_video(clip))
    assert frame.luma.shape == (info.height, info.width) == frame.rgb().shape[:2]
    # The quarters are at their places in the displayed picture.
    rows, columns = info.height, info.width
    expected = shown(corners())[..., 0]
    for down, across in itertools.product((1, 3), (1, 3)):
        there = frame.luma[down * rows // 4, across * columns // 4]
        assert abs(int(there) - int(expected[down * len(expected) // 4, across * expected.shape[1] // 4])) < 8
    assert not is_shown_as_stored(clip)


def _swap(turn: list[int]) -> tuple[bool, bool, bool]:
    return turn[0] == 0, False, False


def test_implausible_aspect_ratios_are_ignored(tmp_path: Path) -> None:
    info = probe(write(tmp_path / "broken.mp4", [1, 0, 0, 1], Fraction(200)))
    assert (info.width, info.height) == (WIDTH, HEIGHT)


def test_the_pixel_limit_applies_to_the_displayed_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = write(tmp_path / "wide.mp4", [1, 0, 0, 1], Fraction(4))
    monkeypatch.setenv("EMOTION_MAX_FRAME_MEGAPIXELS", "0.005")
    for reading in (lambda: probe(clip), lambda: next(read_video(clip)), lambda: frame_at(clip, 0.1)):
        with pytest.raises(TooLargeError, match="256 × 48"):
            reading()


@pytest.mark.parametrize(("width", "height"), [(128, 96), (32, 24)])
def test_changed_sizes_are_scaled_to_the_first(tmp_path: Path, width: int, height: int) -> None:
    other = np.repeat(np.repeat(corners(), 2, 0), 2, 1) if width > WIDTH else corners()[::2, ::2]
    clip = joined(tmp_path, [corners()] * 20, [np.ascontiguousarray(other)] * 20)
    frames = list(read_video(clip))
    assert len(frames) == 40
    assert {frame.luma.shape for frame in frames} == {(HEIGHT, WIDTH)}
    for frame in frames:
        assert np.abs(frame.luma.astype(int) - corners()[..., 0]).mean() < 12
        assert frame.rgb().shape == (HEIGHT, WIDTH, 3)
    assert (probe(clip).width, probe(clip).height) == (WIDTH, HEIGHT)


def test_other_aspect_ratios_get_black_bars(tmp_path: Path) -> None:
    upright = np.full((64, 48, 3), 200, np.uint8)
    clip = joined(tmp_path, [corners()] * 10, [upright] * 10)
    *_, last = read_video(clip)
    assert last.luma.shape == (HEIGHT, WIDTH)
    columns = last.luma[HEIGHT // 2] > 100
    assert columns.sum() == 36, "48 × 64 becomes 36 × 48"
    assert columns[14:50].all()


def joined(folder: Path, first: list[Image], then: list[Image]) -> Path:
    """Write a stream that changes its size: two raw streams, one after the other."""
    parts = [write_clip(folder / name, pictures) for name, pictures in (("a.h264", first), ("b.h264", then))]
    (folder / "c.h264").write_bytes(b"".join(part.read_bytes() for part in parts))
    return folder / "c.h264"
