"""Single frames of a video as small pictures, decoded in a sandbox."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from emotion.drawing.boxes import annotate
from emotion.errors import VideoError
from emotion.sandbox.runner import run_limited
from emotion.types import Face, FrameResult, Image
from emotion.vision.decode.video import frame_at

PREVIEW_PX = 1400
"""Longest side of previews; downloads have the full size."""
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


def still_of(video: Path, time_s: float, result: FrameResult) -> bytes:
    """Return an annotated frame as a PNG file of at most :data:`PREVIEW_PX` a side.

    Raises:
        VideoError: The frame cannot be read.
    """
    return base64.b64decode(run_limited(_still, video, time_s, result))


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
