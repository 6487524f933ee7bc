"""Luma of decoded frames has full range, whatever range the file has."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange

from emotion.vision.decode.planes import luma_of, rgb_of

LEVELS = np.arange(256, dtype=np.uint8).repeat(2).reshape(16, 32)


def _frame(colour_range: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.concatenate([LEVELS, np.full((8, 32), 128, np.uint8)]), format="yuv420p")
    frame.color_range = colour_range
    return frame


@pytest.mark.parametrize(("stored", "shown"), [(0, 0), (15, 0), (16, 0), (17, 1), (126, 128), (235, 255), (255, 255)])
def test_limited_range_is_stretched_and_what_lies_beyond_it_is_clipped(stored: int, shown: int) -> None:
    luma = luma_of(_frame(ColorRange.MPEG))

    assert set(luma[stored == LEVELS]) == {shown}


def test_full_range_is_left_alone() -> None:
    assert np.array_equal(luma_of(_frame(ColorRange.JPEG)), LEVELS)


RAMP = np.tile(np.arange(0, 256, 4, dtype=np.uint8).repeat(8), (64, 1))
"""Grey of 0 to 252 in steps of eight pixels."""


def ramp_video(path: Path, codec: str, colour_range: int) -> Path:
    """Write the ramp as a grey video of the declared range."""
    is_full = colour_range == ColorRange.JPEG
    levels = RAMP if is_full else np.rint(16 + 219 * (RAMP / 255)).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = RAMP.shape[1], RAMP.shape[0], "gray"
        named = "full" if is_full else "limited"
        stream.options = {"crf": "1", "x265-params": f"log-level=none:range={named}"}
        stream.codec_context.color_range = colour_range
        frame = av.VideoFrame.from_ndarray(levels, format="gray")
        frame.color_range = colour_range
        for packet in (*stream.encode(frame), *stream.encode()):
            packet.dts = packet.pts = 0  # x265 leaves the first one undefined, and MP4 cannot hold every number
            container.mux(packet)
    return path


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("colour_range", [ColorRange.MPEG, ColorRange.JPEG], ids=["limited", "full"])
def test_a_grey_ramp_without_colour_keeps_its_levels(tmp_path: Path, codec: str, colour_range: int) -> None:
    """Monochrome H.265 is decoded as grey with video levels, which converters take for full range."""
    with av.open(str(ramp_video(tmp_path / "ramp.mp4", codec, colour_range))) as container:
        picture = next(container.decode(video=0))
    middle = np.s_[32, 4::8]
    assert np.abs(luma_of(picture)[middle].astype(int) - RAMP[middle]).max() <= 2
    assert np.abs(rgb_of(picture)[middle].astype(int) - RAMP[middle][:, None]).max() <= 2
