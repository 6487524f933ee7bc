"""Previews of videos and pictures with their results, decoded and drawn in a sandbox.

Drawing needs several copies of a picture; they are all in the sandbox's process, not in this one.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from emotion.drawing.boxes import annotate
from emotion.drawing.layers import Layer, draw_layers
from emotion.errors import VideoError
from emotion.sandbox.runner import run_limited
from emotion.types import Face, FrameResult, Image
from emotion.vision.decode.image import load_image
from emotion.vision.decode.video import frame_at
from emotion.vision.face_parts import FaceParts
from emotion.vision.uploaded import run_on_picture

PREVIEW_PX = 1400
"""Longest side of previews; downloads have the full size."""
POSTER_PX = 192
"""Longest side of a video's thumbnail."""
_THUMBNAIL_PX = 160
_MARGIN = 0.25


def faces_of(video: Path, faces: Mapping[int, tuple[float, Face]]) -> dict[int, str]:
    """Return thumbnails of faces as PNG data URLs, without those whose frame cannot be read.

    Args:
        video: The file.
        faces: Number → time of the frame, s, and face.

    Raises:
        VideoError: The video crashes the sandbox.
    """
    found: dict[str, str] = run_limited(_faces, video, dict(faces))
    return {int(number): f"data:image/png;base64,{png}" for number, png in found.items()}


def poster_of(video: Path, time_s: float) -> bytes:
    """Return a frame as a JPEG file of at most :data:`POSTER_PX` a side, at most twice as high as wide.

    Raises:
        VideoError: The frame cannot be read.
    """
    return base64.b64decode(run_limited(_poster, video, time_s))


def still_of(video: Path, time_s: float, result: FrameResult) -> bytes:
    """Return an annotated frame as a PNG file of at most :data:`PREVIEW_PX` a side.

    Raises:
        VideoError: The frame cannot be read.
    """
    return base64.b64decode(run_limited(_still, video, time_s, result))


def boxed_preview(image: Image, result: FrameResult) -> Image:
    """Return a decoded picture with its boxes, at most :data:`PREVIEW_PX` a side; no full-size copy is made.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.
        result: What was found in it; boxes in px of this picture.
    """
    small = shrink(image, PREVIEW_PX)
    scale = small.shape[1] / image.shape[1]
    faces = tuple(replace(face, box_xyxy=face.box_xyxy * scale) for face in result.faces)
    return annotate(small, replace(result, faces=faces))


def preview_with_layers(
    content: bytes, result: FrameResult, layers: frozenset[Layer], parts: Sequence[FaceParts | None]
) -> Image:
    """Return a picture file with layers over its faces, ``(H, W, 3)`` uint8 RGB, at most :data:`PREVIEW_PX` a side.

    Args:
        content: The file.
        result: What was found in it.
        layers: Which.
        parts: Of each face, as :func:`emotion.drawing.layers.draw_layers` takes them.

    Raises:
        ImageError: The file cannot be read, or reading it ends its process.
    """
    return np.asarray(run_on_picture(_preview, content, result, layers, parts))


def png_with_layers(
    content: bytes, result: FrameResult, layers: frozenset[Layer], parts: Sequence[FaceParts | None]
) -> bytes:
    """Return a picture file with layers over its faces in full size, as a PNG file; see :func:`preview_with_layers`.

    Raises:
        ImageError: The file cannot be read, or reading it ends its process.
    """
    return bytes(run_on_picture(_png, content, result, layers, parts))


def _faces(video: Path, faces: dict[int, tuple[float, Face]]) -> dict[int, str]:
    found = {}
    for number, (time_s, face) in faces.items():
        try:
            found[number] = _base64(thumbnail(frame_at(video, time_s), face))
        except VideoError:
            continue
    return found


def _still(video: Path, time_s: float, result: FrameResult) -> str:
    return _base64(shrink(annotate(frame_at(video, time_s), result), PREVIEW_PX))


def _poster(video: Path, time_s: float) -> str:
    frame = frame_at(video, time_s)
    height, width = frame.shape[:2]
    # Lists show posters at one width: a video of 1 × 360 px would be as long as thirty screens.
    over = max(height - 2 * width, 0)
    middle = frame[over // 2 : height - (over + 1) // 2]
    return base64.b64encode(encode_jpeg(shrink(middle, POSTER_PX), 80)).decode()


def _preview(
    content: bytes, result: FrameResult, layers: frozenset[Layer], parts: Sequence[FaceParts | None]
) -> memoryview:
    drawn = draw_layers(load_image(content), result, layers, parts)
    return np.ascontiguousarray(shrink(drawn, PREVIEW_PX)).data


def _png(
    content: bytes, result: FrameResult, layers: frozenset[Layer], parts: Sequence[FaceParts | None]
) -> memoryview:
    return memoryview(encode_png(draw_layers(load_image(content), result, layers, parts)))


def _base64(image: Image) -> str:
    return base64.b64encode(encode_png(image)).decode()


def encode_png(image: Image) -> bytes:
    """Encode ``(H, W, 3)`` uint8 RGB as PNG."""
    _, encoded = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]))
    return encoded.tobytes()


def encode_jpeg(image: Image, quality: int = 90) -> bytes:
    """Return ``(H, W, 3)`` uint8 RGB as the bytes of a JPEG file."""
    _, encoded = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes()


def shrink(image: Image, longest_px: int) -> Image:
    """Return the picture with its longer side at most ``longest_px``."""
    scale = longest_px / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def thumbnail(image: Image, face: Face) -> Image:
    """Return a square around a face; pixels beyond the picture repeat its edge."""
    left, top, right, bottom = (float(value) for value in face.box_xyxy)
    side = max(right - left, bottom - top, 1.0) * (1 + 2 * _MARGIN)
    centre = ((left + right) / 2, (top + bottom) / 2)
    scale = _THUMBNAIL_PX / side
    matrix = np.array(
        [[scale, 0, _THUMBNAIL_PX / 2 - scale * centre[0]], [0, scale, _THUMBNAIL_PX / 2 - scale * centre[1]]]
    )
    size = (_THUMBNAIL_PX, _THUMBNAIL_PX)
    crop = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)
