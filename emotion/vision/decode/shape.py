"""Converts frames to their display shape: rotated or mirrored, with square pixels, all in the size of the first.

Files store frames as the sensor delivered them, with a display matrix (rotation, mirroring) and a pixel aspect ratio,
and the size may change within a stream. Faces are measured in frames as displayed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from av.sidedata.sidedata import Type

from emotion.types import Image

_MOST_ASPECT = 8
"""Larger pixel aspect ratios occur only in damaged files."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """One of the eight orientations: rows and columns are swapped first, then flipped.

    Attributes:
        swap: Swap rows and columns (mirror at the main diagonal).
        flip_x: Then exchange left and right.
        flip_y: Then exchange top and bottom.
    """

    swap: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @property
    def mirrored(self) -> bool:
        """Whether text would read backwards if the stored picture were merely rotated."""
        return self.swap ^ self.flip_x ^ self.flip_y

    @property
    def rotation(self) -> int:
        """Degrees counter-clockwise, 0, 90, 180 or 270, after mirroring left to right."""
        if self.swap:
            return 270 if self.flip_x else 90
        return 180 if self.flip_y else 0

    def apply(self, image: Image) -> Image:
        """Return a stored ``(H, W)`` or ``(H, W, 3)`` picture as displayed; itself if nothing changes."""
        if not (self.swap or self.flip_x or self.flip_y):
            return image
        if self.swap:
            image = image.swapaxes(0, 1)
        rows = slice(None, None, -1 if self.flip_y else 1)
        columns = slice(None, None, -1 if self.flip_x else 1)
        return np.ascontiguousarray(image[rows, columns])


UPRIGHT = Orientation()


def orientation_of(picture: Any) -> Orientation:
    """Return the orientation in a decoded frame's display matrix, rounded to a multiple of 90°."""
    matrix = picture.side_data.get(Type.DISPLAYMATRIX)
    if matrix is None:
        return UPRIGHT
    # FFmpeg, libavutil/display.h: x' = a·x + c·y, y' = b·x + d·y.
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(matrix))
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(False, a < 0, d < 0)
    return Orientation(True, c < 0, b < 0)


@dataclass(frozen=True, slots=True)
class Shape:
    """The display shape of all frames of a stream.

    Attributes:
        width: As displayed, px.
        height: As displayed, px.
        pixel_aspect: Width of a stored pixel over its height.
        orientation: Of the first frame.
        angle: PyAV's rotation of the first frame, degrees, without mirroring.
    """

    width: int
    height: int
    pixel_aspect: Fraction
    orientation: Orientation
    angle: int

    @classmethod
    def of(cls, stream: Any, first: Any) -> Shape:
        """Return the shape of a PyAV video stream, given its first decoded frame."""
        aspect, orientation = _pixel_aspect(stream), orientation_of(first)
        size = _size(first.width, first.height, aspect, orientation)
        return cls(*size, aspect, orientation, first.rotation)

    def orientation_of(self, picture: Any) -> Orientation:
        """Return a frame's orientation; reads its display matrix only if its rotation differs from the first's."""
        return self.orientation if picture.rotation == self.angle else orientation_of(picture)

    @property
    def _unscaled(self) -> tuple[int, int] | None:
        """Rows and columns of a stored frame in the first one's orientation that need no scaling, or None."""
        if self.pixel_aspect != 1:
            return None
        return (self.width, self.height) if self.orientation.swap else (self.height, self.width)

    def keeps_size(self, picture: Any) -> bool:
        """Return whether a frame is displayed in its stored size, perhaps rotated or mirrored."""
        return (picture.height, picture.width) == self._unscaled and self.orientation_of(picture) == self.orientation

    def fit(self, image: Image, orientation: Orientation) -> Image:
        """Return a stored frame as displayed, scaled to this shape, with black bars if proportions differ."""
        if image.shape[:2] == self._unscaled and orientation == self.orientation:
            return orientation.apply(image)
        own = _size(image.shape[1], image.shape[0], self.pixel_aspect, orientation)
        image = orientation.apply(image)
        scale = min(self.width / own[0], self.height / own[1])
        width, height = (max(1, round(side * scale)) for side in own)
        if abs(width - self.width) <= 1 and abs(height - self.height) <= 1:
            return _resized(image, self.width, self.height)
        canvas = np.zeros((self.height, self.width, *image.shape[2:]), np.uint8)
        left, top = (self.width - width) // 2, (self.height - height) // 2
        canvas[top : top + height, left : left + width] = _resized(image, width, height)
        return canvas


def _size(width: int, height: int, aspect: Fraction, orientation: Orientation) -> tuple[int, int]:
    """Return the displayed width and height of stored frames, px; the pixel aspect scales the stored width."""
    wide = max(1, round(width * aspect))
    return (height, wide) if orientation.swap else (wide, height)


def _pixel_aspect(stream: Any) -> Fraction:
    aspect = stream.sample_aspect_ratio
    is_known = aspect is not None and 1 / _MOST_ASPECT <= aspect <= _MOST_ASPECT
    return Fraction(aspect) if is_known else Fraction(1)


def _resized(image: Image, width: int, height: int) -> Image:
    smaller = width * height < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), np.uint8)
