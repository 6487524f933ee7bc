"""Converts a decoded frame to arrays: luma at once, RGB on demand, both deinterlaced and as displayed.

Camcorders and television record two fields at different times in the alternating lines of a frame, which harms moving
faces. The earlier field is kept, and the lines between are interpolated. A frame is treated alone, without its
neighbours: so its time stays exact, and every way of reaching it, by seeking or from the start, gives the same pixels.
"""

from __future__ import annotations

from typing import Any

import av
import av.video.reformatter
import cv2
import numpy as np
from av.filter import Graph
from av.video.reformatter import VideoReformatter

from emotion.types import Image
from emotion.vision.decode.hdr import hdr_luma, hdr_rgb, is_hdr
from emotion.vision.decode.shape import Shape, orientation_of

_PLANAR_LUMA = {"yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p", "nv12", "nv21", "gray"}
"""8-bit formats whose first plane is luma."""
_FULL_RANGE_FORMATS = {"yuvj420p", "yuvj422p", "yuvj444p", "gray"}
_LIMITED_BLACK, _LIMITED_SPAN = 16, 219
"""Video luma runs from 16 to 235 unless a file declares full range (ITU-R BT.601)."""
_FULL_FROM_LIMITED = np.rint(np.clip((np.arange(256) - _LIMITED_BLACK) / _LIMITED_SPAN, 0, 1) * 255).astype(np.uint8)
INTERLACED_NOTE = "It is interlaced: the earlier field of each frame is used, and the lines between are interpolated."
_LEAST_INTERLACED_PX = 16
"""The filter refuses sides of a few pixels, in colour planes as well; no face is as small."""


def luma_of(picture: Any, shape: Shape | None = None) -> Image:
    """Return the full-range ``(H, W)`` uint8 luma, upright, in one pass over the luma plane.

    Args:
        picture: A decoded frame.
        shape: The stream's display shape; None for a single picture.
    """
    picture = progressive(picture)
    return _displayed(_stored_luma(picture), picture, shape)


def rgb_of(picture: Any, shape: Shape | None = None) -> Image:
    """Return ``(H, W, 3)`` uint8 RGB, upright, with the arguments of :func:`luma_of`."""
    picture = progressive(picture)
    if is_hdr(picture):
        return _displayed(hdr_rgb(picture), picture, shape)
    # A new converter, as a frame's own one is not safe if two threads share the frame.
    converted = np.asarray(VideoReformatter().reformat(picture, format="rgb24").to_ndarray(), np.uint8)
    return _displayed(_full_range(converted) if _is_limited_grey(picture) else converted, picture, shape)


def with_square_pixels(picture: av.VideoFrame, shape: Shape) -> av.VideoFrame:
    """Return a decoded frame deinterlaced, in its display size and colours; itself if it is stored like that.

    Args:
        picture: A decoded frame.
        shape: The stream's display shape.
    """
    picture = progressive(picture)
    if shape.keeps_size(picture) and not is_hdr(picture):
        return picture
    return av.VideoFrame.from_ndarray(rgb_of(picture, shape), format="rgb24")


def is_interlaced(picture: Any) -> bool:
    """Return whether a decoded frame is marked as interlaced and large enough to be deinterlaced."""
    return picture.interlaced_frame and min(picture.width, picture.height) >= _LEAST_INTERLACED_PX


def progressive(picture: Any) -> Any:
    """Return a decoded frame deinterlaced; itself if it is not interlaced."""
    if not is_interlaced(picture):
        return picture
    graph = Graph()
    graph.threads = 1  # as inference uses the other cores
    source = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=picture.time_base
    )
    deinterlace, sink = graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
    graph.link_nodes(source, deinterlace, sink).configure()
    # The filter interpolates the first frame of its input within the field, and returns it when it gets a second one.
    graph.vpush(picture)
    graph.vpush(picture)
    found = graph.vpull()
    found.pts, found.time_base = picture.pts, picture.time_base
    return found


def _stored_luma(picture: Any) -> Image:
    if is_hdr(picture):
        return hdr_luma(picture)
    name = picture.format.name
    if name not in _PLANAR_LUMA:
        converted = np.asarray(picture.to_ndarray(format="gray"), np.uint8)
        return _full_range(converted) if _is_limited_grey(picture) else converted
    plane = picture.planes[0]
    grey = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: picture.height, : picture.width]
    is_full = name in _FULL_RANGE_FORMATS or picture.color_range == av.video.reformatter.ColorRange.JPEG
    if is_full and not _is_limited_grey(picture):
        return grey.copy()
    return _full_range(grey)


def _full_range(limited: Image) -> Image:
    """Return pixels of limited range, 16–235, as 0–255."""
    return np.asarray(cv2.LUT(limited, _FULL_FROM_LIMITED), np.uint8)


def _is_limited_grey(picture: Any) -> bool:
    """Return whether a grey picture has limited range, as monochrome H.265 has; swscale assumes full range."""
    return bool(picture.format.name.startswith("gray") and picture.color_range == av.video.reformatter.ColorRange.MPEG)


def _displayed(image: Image, picture: Any, shape: Shape | None) -> Image:
    if shape is None:
        return orientation_of(picture).apply(image)
    return shape.fit(image, shape.orientation_of(picture))
