"""Reads pictures that are given as arrays."""

from __future__ import annotations

import numpy as np

from emotion.errors import ImageError
from emotion.limits import check_picture
from emotion.types import Image
from emotion.vision.decode.colour import channels_in_eight_bits, over_white

_SHAPES = "(H, W), (H, W, 1), (H, W, 3) RGB or (H, W, 4) RGBA"
_CHANNELS = {1, 3, 4}
_OVERSHOOT = 1e-3
"""By which resized pictures may exceed the range of 0 to 1."""


def read_array(array: np.ndarray, name: str) -> Image:
    """Return an array as ``(H, W, 3)`` uint8 RGB; transparent parts become white.

    Args:
        array: ``(H, W)`` or ``(H, W, 1)`` grey, ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA. Values are uint8; bool;
            floats from 0 to 1; uint16, of the smallest depth out of 8, 10, 12, 14 and 16 bits that holds them; or
            other integers from 0 to 255.
        name: Its name in messages.

    Raises:
        ImageError: The array has another shape, type or range.
        TooLargeError: It has more pixels than the settings allow.
    """
    if not _is_picture(array.shape):
        hint = "; move the channels to the end" if array.ndim == 3 and array.shape[0] in _CHANNELS else ""
        raise ImageError(f"expected an array of shape {_SHAPES}; got {array.dtype} {array.shape}{hint}")
    check_picture(array.shape[1], array.shape[0], name)
    array = np.asarray(array)  # drops masks and matrix types
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    channels = array if array.ndim == 3 else array[..., None]
    if array.dtype == np.uint16:
        return channels_in_eight_bits(channels)
    values = _as_uint8(channels)
    if values.shape[2] == 4:
        return over_white(values[..., :3], values[..., 3:])
    if values.shape[2] == 1:
        return np.repeat(values, 3, axis=2)
    # No copy if nothing was converted; OpenCV does not accept views with negative strides.
    return array if values is array and array.flags.c_contiguous else np.ascontiguousarray(values)


def _is_picture(shape: tuple[int, ...]) -> bool:
    return 0 not in shape and (len(shape) == 2 or (len(shape) == 3 and shape[2] in _CHANNELS))


def _as_uint8(values: np.ndarray) -> Image:
    kind = values.dtype.kind
    if values.dtype == np.uint8:
        return values
    if kind == "b":
        return values.astype(np.uint8) * np.uint8(255)
    if kind not in "iuf":
        raise ImageError(f"expected an array of uint8, uint16, bool or floats of 0 to 1; got {values.dtype}")
    low, high = values.min(), values.max()  # NaN if there is one anywhere
    if kind == "f" and not (low >= -_OVERSHOOT and high <= 1 + _OVERSHOOT):
        raise ImageError(f"expected floats of 0 to 1 in a picture; got {low:.6g} to {high:.6g}")
    if kind != "f" and not (low >= 0 and high <= 255):
        raise ImageError(f"expected whole numbers of 0 to 255 in an array of {values.dtype}; got {low} to {high}")
    return _floats_to_uint8(values) if kind == "f" else values.astype(np.uint8)


def _floats_to_uint8(values: np.ndarray) -> Image:
    return (values * values.dtype.type(255)).round().clip(0, 255).astype(np.uint8)
