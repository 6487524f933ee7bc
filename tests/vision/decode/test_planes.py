"""Luma of decoded frames has full range, whatever range the file has."""

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange

from emotion.vision.decode.planes import luma_of

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
