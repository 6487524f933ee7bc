"""The shape in which frames are displayed: rotated or mirrored, with square pixels, all in the size of the first.

Files store frames as the sensor delivered them, with a display matrix (rotation, mirroring) and a pixel aspect ratio. A
stream may also change its size. Faces are measured in the frame as displayed.
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
"""Pixels further from square than 8:1 do not occur; a file that says so is damaged."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """One of the eight ways to show a picture: rows and columns swapped first, then mirrored.

    Attributes:
        swap: Rows become columns (mirrored at the main diagonal).
        flip_x: Then left and right change places.
        flip_y: Then top and bottom change places.
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
        """Degrees counter-clockwise: 0, 90, 180 or 270. A mirrored picture is mirrored left to right before."""
        if self.swap:
            return 270 if self.flip_x else 90
        return 180 if self.flip_y else 0

    def apply(self, image: Image) -> Image:
        """Return a stored ``(H, W)`` or ``(H, W, 3)`` picture as it is shown; itself if nothing changes."""
        if not (self.swap or self.flip_x or self.flip_y):
            return image
        if self.swap:
            image = image.swapaxes(0, 1)
        rows = slice(None, None, -1 if self.flip_y else 1)
        columns = slice(None, None, -1 if self.flip_x else 1)
        return np.ascontiguousarray(image[rows, columns])


UPRIGHT = Orientation()


def orientation_of(picture: Any) -> Orientation:
    """Return how a decoded picture is to be shown, from its display matrix; angles in between go to the nearest."""
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
    """The one shape of all pictures of a stream.

    Attributes:
        width: As shown, px.
        height: As shown, px.
        pixel_aspect: Width of a stored pixel over its height.
        orientation: Of the first picture.
        angle: The same as PyAV has it, in degrees, without mirroring.
    """

    width: int
    height: int
    pixel_aspect: Fraction
    orientation: Orientation
    angle: int

    @classmethod
    def of(cls, stream: Any, first: Any) -> Shape:
        """Return the shape of a stream.

        Args:
            stream: A PyAV video stream.
            first: Its first decoded picture.
        """
        aspect, orientation = _pixel_aspect(stream), orientation_of(first)
        size = _size(first.width, first.height, aspect, orientation)
        return cls(*size, aspect, orientation, first.rotation)

    def orientation_of(self, picture: Any) -> Orientation:
        """Return how a picture of the stream is to be shown, without a look at its matrix where it is the first's."""
        return self.orientation if picture.rotation == self.angle else orientation_of(picture)

    @property
    def _unscaled(self) -> tuple[int, int] | None:
        """Rows and columns of a stored picture of the first one's orientation that need no scaling; None if all do."""
        if self.pixel_aspect != 1:
            return None
        return (self.width, self.height) if self.orientation.swap else (self.height, self.width)

    def fit(self, image: Image, orientation: Orientation) -> Image:
        """Return a stored picture as it is shown, scaled to this shape; one of other proportions gets black bars."""
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
    """Return the width and height at which stored pictures are shown, px: their width is what is scaled."""
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
