"""Converts pictures of more than 8 bits per channel (10 to 16, 32, float) to 8 bits, strip by strip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion.errors import ImageError
from emotion.types import Image

Strip = Callable[[int, int], np.ndarray]
"""Returns rows ``[top, bottom)`` of a picture."""

_STRIP_PIXELS = 2**20
_SAMPLE = 250_000
"""Number of values from which a scale is chosen."""
_DEPTHS = (8, 10, 12, 14, 16)
"""Usual depths of cameras and scanners, bits."""
_TAIL_PERCENT = 0.1
"""Share at either end that is ignored as dead or hot pixels."""
_GAP = 0.4
"""A value at least this share of the range away from all others means "no data"."""
_MIN_LEVELS = 16
"""Minimum number of grey levels of the other values; with fewer, a value far away is part of the picture."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The values that become black and white; values beyond are clipped, and NaN is black."""

    black: float
    white: float

    def apply(self, values: np.ndarray) -> Image:
        """Return values of any shape as uint8."""
        if values.dtype == np.uint16 and values.size > 2**16:
            table = self._scaled(np.arange(2**16))
            return table[values]
        return self._scaled(values)

    def _scaled(self, values: np.ndarray) -> Image:
        span = self.white - self.black
        if span <= 0:
            return np.zeros(values.shape, np.uint8)
        # Clipped first, as a "no data" value may be the largest of its type.
        known = np.clip(np.nan_to_num(values.astype(np.float64), nan=self.black), self.black, self.white)
        return ((known - self.black) * (255 / span)).round().astype(np.uint8)


def rows_of(width: int) -> int:
    """Return the number of rows in a strip."""
    return max(1, _STRIP_PIXELS // max(width, 1))


def scale_of(strip: Strip, height: int, width: int) -> Scale:
    """Choose the scale for the values of a picture.

    Integers from 0 on get the smallest depth out of 8, 10, 12, 14 and 16 bits that holds them, whatever the file's
    type. Other values are stretched from the smallest to the largest. Both ignore 0.1% at each end, NaN, infinity,
    values far from all others, and a single negative value such as −9999 where all others are positive.

    Raises:
        ImageError: There are no finite values.
    """
    step, parts, whole_numbers = max(1, height * width // _SAMPLE), [], False
    for top in range(0, height, rows_of(width)):
        values = strip(top, min(top + rows_of(width), height))
        whole_numbers = values.dtype.kind in "iu"
        # Whole numbers are all finite, and selecting them would copy the strip.
        parts.append((values.ravel() if whole_numbers else values[np.isfinite(values)])[::step].astype(np.float64))
    finite = np.sort(np.concatenate(parts))
    if not len(finite):
        raise ImageError("no pixel has a finite value")
    known = _without_no_data(finite)
    black, white = (float(np.percentile(known, percent)) for percent in (_TAIL_PERCENT, 100 - _TAIL_PERCENT))
    depth = next((bits for bits in _DEPTHS if white < 2**bits), None)
    if whole_numbers and black >= 0 and depth is not None:
        return Scale(0.0, 2.0**depth - 1)
    return Scale(black, white)


def in_eight_bits(strip: Strip, height: int, width: int, out: Image) -> None:
    """Fill ``out``, ``(H, W)`` or ``(H, W, 3)`` uint8, with a deep picture; grey fills all three channels.

    Raises:
        ImageError: There are no finite values.
    """
    scale = scale_of(strip, height, width)
    for top in range(0, height, rows_of(width)):
        bottom = min(top + rows_of(width), height)
        values = scale.apply(strip(top, bottom))
        out[top:bottom] = values[..., None] if values.ndim < out.ndim else values


def _without_no_data(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sorted values without "no data" values at either end."""
    while True:
        after, before = np.searchsorted(values, values[0], "right"), np.searchsorted(values, values[-1], "left")
        if after > before:
            return values
        with np.errstate(over="ignore"):
            below, above, span = values[after] - values[0], values[-1] - values[before - 1], values[-1] - values[0]
        is_only_negative = values[0] < 0 <= values[after]
        rest = values[after:] if is_only_negative or below >= above else values[:before]
        if not (is_only_negative or max(below, above) >= _GAP * span) or len(np.unique(rest)) < _MIN_LEVELS:
            return values
        values = rest
