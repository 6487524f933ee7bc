"""Makes faces on a live picture unrecognisable: those that are seen, and for a moment those that just were."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from emotion.drawing.blur import grown, smudged
from emotion.live.canvas import Canvas
from emotion.live.settings import Hide
from emotion.types import Face, FloatArray

HOLD_S = 1.0
"""How long a place stays covered after the face there was lost: it may be turned away, not gone."""
SILHOUETTE = "#3C4148"
_WIDER = np.array([1.25, 1.45], np.float32)
"""By how much a silhouette is wider and higher than the mesh, which ends at the hairline, ears and chin."""
_UPWARD = 0.12
"""By how much of its height it is moved up: there is more hair above than neck below."""


class Cover:
    """Remembers whom it covered where."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[float, Face]] = {}

    def see(self, faces: Sequence[Face], time_s: float) -> None:
        """Take in where faces are, in px of the picture as it came."""
        self._seen |= {face.track_id: (time_s, face) for face in faces if face.track_id is not None}
        self._seen = {track: seen for track, seen in self._seen.items() if time_s - seen[0] <= HOLD_S}

    def paint(self, canvas: Canvas, hide: Hide, *, mirror: bool) -> None:
        """Cover them on the picture that is shown."""
        for _, face in self._seen.values():
            if hide == "silhouette":
                canvas.polygon(_on(canvas, _outline(face), mirror), SILHOUETTE)
            elif hide == "blur":
                _blur(canvas, face.box_xyxy, mirror)


def mirrored(points: FloatArray, width: int) -> FloatArray:
    """Return ``(n, 2)`` px where a mirror shows them."""
    return np.stack([width - points[:, 0], points[:, 1]], axis=1)


def _on(canvas: Canvas, points: FloatArray, mirror: bool) -> FloatArray:
    return mirrored(points, canvas.width) if mirror else points


def _outline(face: Face) -> FloatArray:
    """Return the ``(n, 2)`` convex outline of a head, px: what the mesh shows of it, grown."""
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
    left, top, right, bottom = grown(box[None], canvas.width, canvas.height)[0]
    if mirror:
        left, right = canvas.width - right, canvas.width - left
    area = canvas.area(left, top, right, bottom)
    if area:
        for part in canvas.parts(area):
            part[:] = smudged(part)
