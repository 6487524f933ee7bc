"""A camera picture to draw on, in 4:2:0 planes as it arrives and leaves, without conversion.

Colours are ITU-R BT.601 in limited range (Y 16–235, Cb and Cr 16–240), which is what WebRTC's codecs carry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray
from PIL import ImageColor

from emotion.types import FloatArray, Image
from emotion.vision.decode.planes import rgb_of
from emotion.vision.decode.shape import UPRIGHT, orientation_of

PLANAR = "yuv420p"


@cache
def yuv(colour: str) -> tuple[int, int, int]:
    """Return Y, Cb and Cr of ``#rrggbb`` (ITU-R BT.601, limited range)."""
    red, green, blue = (channel / 255 for channel in ImageColor.getrgb(colour)[:3])
    return (
        round(16 + 65.481 * red + 128.553 * green + 24.966 * blue),
        round(128 - 37.797 * red - 74.203 * green + 112.0 * blue),
        round(128 + 112.0 * red - 93.786 * green - 18.214 * blue),
    )


@dataclass(frozen=True, slots=True)
class Area:
    """Part of a picture with sides at even px (colour has half the resolution); right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    def __bool__(self) -> bool:
        return self.right > self.left and self.bottom > self.top


def planar(picture: av.VideoFrame) -> av.VideoFrame:
    """Return the picture upright and in 4:2:0, unchanged if it is already."""
    if orientation_of(picture) != UPRIGHT:
        upright = av.VideoFrame.from_ndarray(rgb_of(picture), format="rgb24")
    elif picture.format.name == PLANAR:
        return picture
    else:
        upright = picture
    return _timed(VideoReformatter().reformat(upright, format=PLANAR), picture)


class Canvas:
    """A picture that can be drawn on, as an ``av.VideoFrame`` in 4:2:0.

    Args:
        picture: In 4:2:0; copied, because a decoder may still refer to it.
        mirror: Whether to mirror it left to right. Coordinates refer to the mirrored canvas.
    """

    def __init__(self, picture: av.VideoFrame, *, mirror: bool = False) -> None:
        self.frame = _timed(av.VideoFrame(picture.width, picture.height, PLANAR), picture)
        self.frame.color_range, self.frame.colorspace = picture.color_range, picture.colorspace
        self.width, self.height = picture.width, picture.height
        self.planes = tuple(_planes(self.frame))
        for plane, original in zip(self.planes, _planes(picture), strict=True):
            if mirror:
                cv2.flip(original, 1, dst=plane)
            else:
                np.copyto(plane, original)

    def area(self, left: float, top: float, right: float, bottom: float) -> Area:
        """Return the part of a rectangle within the picture, enlarged to even px."""
        sides = np.clip([left, top, right, bottom], 0, [self.width, self.height] * 2) / 2
        outward = 2 * np.concatenate([np.floor(sides[:2]), np.ceil(sides[2:])]).astype(int)
        return Area(*outward.tolist())

    def parts(self, area: Area) -> Iterator[Image]:
        """Yield the area in each plane as an array to change in place."""
        for index, plane in enumerate(self.planes):
            by = 2 if index else 1
            yield plane[area.top // by : -(-area.bottom // by), area.left // by : -(-area.right // by)]

    def fill(self, area: Area, colour: str) -> None:
        """Fill an area."""
        if area:
            for part, value in zip(self.parts(area), yuv(colour), strict=True):
                part[:] = value

    def shade(self, area: Area) -> None:
        """Darken an area to a third, so that white text on it is readable."""
        if area:
            luma, *chroma = self.parts(area)
            luma[:] = luma // 3 + 11
            for part in chroma:
                part[:] = part // 3 + 85

    def polygon(self, points: FloatArray, colour: str) -> None:
        """Fill a convex polygon of ``(n, 2)`` px."""
        for index, (plane, value) in enumerate(zip(self.planes, yuv(colour), strict=True)):
            cv2.fillConvexPoly(plane, np.rint(points / (2 if index else 1)).astype(np.int32), value)

    def dots(self, points: FloatArray, colour: str, side_px: int) -> None:
        """Draw small squares around ``(n, 2)`` px; those outside the picture are left out."""
        luma, *_ = self.planes
        corners = np.rint(points - (side_px - 1) / 2).astype(np.intp)
        for down in range(side_px):
            for across in range(side_px):
                x, y = corners[:, 0] + across, corners[:, 1] + down
                inside = (x >= 0) & (y >= 0) & (x < self.width) & (y < self.height)
                luma[y[inside], x[inside]] = yuv(colour)[0]

    def ink(self, coverage: NDArray[np.float32], left: int, top: int, colour: str) -> None:
        """Blend a colour into the picture under a mask.

        Args:
            coverage: ``(h, w)`` float32, 0–1.
            left: Left side of the mask, px.
            top: Top of the mask, px.
            colour: ``#rrggbb``, black or white; only its luma is used.
        """
        height, width = coverage.shape
        x, y = max(left, 0), max(top, 0)
        right, bottom = min(left + width, self.width), min(top + height, self.height)
        if right <= x or bottom <= y:
            return
        part = self.planes[0][y:bottom, x:right]
        mask = coverage[y - top : bottom - top, x - left : right - left]
        part[:] = (part + mask * (yuv(colour)[0] - part.astype(np.float32)) + 0.5).astype(np.uint8)


def _timed(frame: av.VideoFrame, like: av.VideoFrame) -> av.VideoFrame:
    """Return the frame with the timestamp of another."""
    frame.pts = like.pts
    if like.time_base is not None:
        frame.time_base = like.time_base
    return frame


def _planes(frame: av.VideoFrame) -> Iterator[Image]:
    """Yield the Y, Cb and Cr plane as arrays on the frame's own memory."""
    for index, plane in enumerate(frame.planes):
        by = 2 if index else 1
        rows, columns = -(-frame.height // by), -(-frame.width // by)
        memory: Any = plane
        yield np.frombuffer(memory, np.uint8).reshape(-1, plane.line_size)[:rows, :columns]
