"""Adds a border to pictures, so that the detector and the mesh find a face that fills the picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from emotion.types import Face, FloatArray, FrameResult, Image

BORDER = 0.5
"""Width of the border as a share of the picture's longer side. With a quarter of the longer side, fewer tightly cropped
faces (RAF-DB, FER2013) are found; with three quarters, no more."""

LONGEST_PX = 640
"""Longer side to which larger pictures are shrunk first; a face that fills them is still large enough."""

LEAST_HEIGHT = 0.4
"""Height of a face that fills its picture, as a share of the picture's shorter side. Smaller ones are found without a
border, unless they are turned."""

_GREY = (128, 128, 128)


@dataclass(frozen=True, slots=True, eq=False)
class Bordered:
    """A picture with a grey border.

    Attributes:
        image: ``(H, W, 3)`` uint8 RGB.
        scale: Size of the picture inside the border over that of the original.
        border: Width of the border, px.
        size: Width and height of the original, px.
    """

    image: Image
    scale: float
    border: int
    size: tuple[int, int]

    def original(self, result: FrameResult) -> FrameResult:
        """Return the faces that fill the picture, in px of the original."""
        faces = (self._moved(face) for face in result.faces)
        width, height = self.size
        return replace(result, width=width, height=height, faces=tuple(face for face in faces if self._fills(face)))

    def _moved(self, face: Face) -> Face:
        landmarks = None if face.landmarks is None else self._points(face.landmarks)
        return replace(face, box_xyxy=self._points(face.box_xyxy.reshape(2, 2)).ravel(), landmarks=landmarks)

    def _points(self, points: FloatArray) -> FloatArray:
        """Return ``(n, 2)`` or ``(n, 3)`` points in px of the original."""
        corner = np.zeros(points.shape[1], np.float32)
        corner[:2] = self.border
        return np.asarray((points - corner) / self.scale, np.float32)

    def _fills(self, face: Face) -> bool:
        left, top, right, bottom = face.box_xyxy
        is_inside = 0 <= left + right < 2 * self.size[0] and 0 <= top + bottom < 2 * self.size[1]
        return bool(is_inside and bottom - top >= LEAST_HEIGHT * min(self.size))


def with_border(image: Image) -> Bordered:
    """Return ``(H, W, 3)`` uint8 RGB with a border."""
    height, width = image.shape[:2]
    scale = min(1.0, LONGEST_PX / max(height, width))
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    border = round(BORDER * max(image.shape[:2]))
    framed = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_CONSTANT, value=_GREY)
    return Bordered(np.asarray(framed, np.uint8), scale, border, (width, height))
