"""Blurs faces or draws silhouettes over them on live frames."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from emotion.drawing.blur import obscured, with_margins
from emotion.live.canvas import Canvas
from emotion.live.settings import Hide
from emotion.types import Face, FloatArray

HOLD_S = 1.0
"""How long a lost face stays masked, seconds: it may only have turned away."""
SILHOUETTE = "#3C4148"
_WIDER = np.array([1.25, 1.45], np.float32)
"""Scale from mesh to silhouette, (x, y): the mesh ends at hairline, ears and chin."""
_UPWARD = 0.12
"""Shift upwards as a share of the height: hair needs more space than the neck."""


class FaceMask:
    """Masks current faces and those lost within :data:`HOLD_S`."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[float, Face]] = {}

    def update(self, faces: Sequence[Face], time_s: float) -> None:
        """Set the faces of a frame, in px of the frame before mirroring."""
        self._seen |= {face.track_id: (time_s, face) for face in faces if face.track_id is not None}
        self._seen = {track: seen for track, seen in self._seen.items() if time_s - seen[0] <= HOLD_S}

    def apply(self, canvas: Canvas, hide: Hide, *, mirror: bool) -> None:
        """Mask the faces on the outgoing frame."""
        for _, face in self._seen.values():
            if hide == "silhouette":
                canvas.polygon(_displayed(canvas, _outline(face), mirror), SILHOUETTE)
            elif hide == "blur":
                _blur(canvas, face.box_xyxy, mirror)


def mirrored(points: FloatArray, width: int) -> FloatArray:
    """Return ``(n, 2)`` points mirrored left to right, px."""
    return np.stack([width - points[:, 0], points[:, 1]], axis=1)


def _displayed(canvas: Canvas, points: FloatArray, mirror: bool) -> FloatArray:
    return mirrored(points, canvas.width) if mirror else points


def _outline(face: Face) -> FloatArray:
    """Return the ``(n, 2)`` convex outline of a head, px: the hull of the mesh, enlarged."""
    if face.landmarks is None or len(face.landmarks) < 3:
        left, top, right, bottom = face.box_xyxy
        points = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    else:
        points = cv2.convexHull(np.ascontiguousarray(face.landmarks[:, :2]))[:, 0]
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    lifted = middle - np.array([0, _UPWARD * (high[1] - low[1])], np.float32)
    return np.asarray(lifted + (points - middle) * _WIDER, np.float32)


def _blur(canvas: Canvas, box: FloatArray, mirror: bool) -> None:
    left, top, right, bottom = with_margins(box[None], canvas.width, canvas.height)[0]
    if mirror:
        left, right = canvas.width - right, canvas.width - left
    area = canvas.area(left, top, right, bottom)
    if area:
        for part in canvas.parts(area):
            part[:] = obscured(part)
