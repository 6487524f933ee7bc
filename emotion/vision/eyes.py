"""Measures both eyes of a face with MediaPipe's iris model: the distance of the lids and the direction of gaze.

The model (Ablavatski et al. 2020, arXiv:2006.11341) takes a square of 64 px around each eye, levelled, the left eye
mirrored. It runs on luma, like the mesh; in colour, the distance of the lids differs by 0.006 eye widths on average.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray, Image
from emotion.vision.litert import LiteRTModel
from emotion.vision.mediapipe_files import IRIS, mediapipe_file

SIDE = 64
"""Side of the model's picture of one eye, px."""
MARGIN = 2.3
"""Side of the square in widths of the eye between the mesh's corners."""
CONTOUR_POINTS, IRIS_POINTS = 71, 5
"""The first 16 points of the contour are the lids, the first of the iris is its centre."""

MIN_WIDTH_PX = 6.0
"""Eyes that are narrower in the picture are not measured."""
MIN_WIDTH_RATIO = 0.5
"""An eye that is narrower than this share of the other one is turned away too far to be measured."""
MIN_OPEN = 0.1
"""Below this openness the lids cover the iris, so gaze is unknown."""

_OUTER, _INNER = 0, 8
_LOWER, _UPPER = slice(1, 8), slice(9, 16)

IRIS_RADIUS = 0.385
"""Distance from the centre of the eyeball to that of the iris, in eye widths: 10 mm (the eyeball turns about 13.5 mm
behind the cornea's apex, the iris appears 3.5 mm behind it) over 26 mm, the model's width of an eye whose iris measures
11.7 mm: on GENKI-4K, the iris is 0.44 eye widths wide."""
CORNERS_FORWARD = 0.21
"""Sideways movement of the middle between the corners when the head turns, in eye widths: it lies in front of the
eyeball's centre. No such movement was found for nodding heads."""
REST = (0.048, 0.064)
"""Position of the iris relative to the middle of the corners when a person looks into the camera: towards the temple
and up, in eye widths. This and :data:`CORNERS_FORWARD` were measured on 1,474 faces of GENKI-4K, whose people are
assumed to look into the camera. ``python -m bench.eyes`` measures them again on every other row."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """Measurements of a face's eyes; NaN if unknown.

    Attributes:
        eye_openness_left: Mean distance of the lids of the person's own left eye over the eye's width; about
            0.15–0.3 open, 0.02–0.1 shut.
        eye_openness_right: The same of the right eye.
        gaze_yaw: Where both eyes look, degrees to the picture's right of the direction to the camera.
        gaze_pitch: The same, degrees up.
    """

    eye_openness_left: float
    eye_openness_right: float
    gaze_yaw: float
    gaze_pitch: float


@dataclass(frozen=True, slots=True, eq=False)
class EyePoints:
    """Points of the right and the left eye in the model's pictures; in both, the outer corner is on the left.

    Attributes:
        lids: ``(2, 16, 2)`` px: outer corner, lower lid, inner corner at 8, upper lid from the outer side.
        iris: ``(2, 5, 2)`` px, the centre first.
    """

    lids: FloatArray
    iris: FloatArray

    def openness(self) -> FloatArray:
        """Return the mean distance of the lids over the width of each eye, ``(2,)``."""
        gaps = np.linalg.norm(self.lids[:, _LOWER] - self.lids[:, _UPPER], axis=2)
        return np.asarray(gaps.mean(axis=1) / self._widths(), np.float32)

    def offsets(self) -> FloatArray:
        """Return where each iris is from the middle of its corners, ``(2, 2)`` eye widths: nasal and down positive."""
        widths = self._widths()[:, None]
        across = (self.lids[:, _INNER] - self.lids[:, _OUTER]) / widths
        away = self.iris[:, 0] - (self.lids[:, _OUTER] + self.lids[:, _INNER]) / 2
        nasal = (away * across).sum(axis=1)
        down = away[:, 1] * across[:, 0] - away[:, 0] * across[:, 1]
        return np.asarray(np.stack([nasal, down], axis=1) / widths, np.float32)

    def _widths(self) -> FloatArray:
        widths = np.linalg.norm(self.lids[:, _INNER] - self.lids[:, _OUTER], axis=1)
        return np.asarray(np.maximum(widths, 1e-3), np.float32)


class EyeModel:
    """MediaPipe's iris model, run on both eyes in one call; safe to share between threads."""

    def __init__(self) -> None:
        self._model = LiteRTModel(mediapipe_file(IRIS), any_size=True, int8_weights=True)

    def __call__(self, picture: Image, corners: FloatArray, head: FloatArray) -> Eyes:
        """Measure the eyes of one face.

        Args:
            picture: ``(H, W)`` luma, or ``(H, W, 3)`` RGB, uint8.
            corners: ``(2, 2, 2)`` px of the right and the left eye, of each the corner on the picture's left first.
            head: The head's rotation, ``(3, 3)``; see :func:`emotion.vision.landmarks.rotation`.
        """
        widths = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)
        seen = (widths >= MIN_WIDTH_PX) & (widths >= MIN_WIDTH_RATIO * widths.max())
        if not seen.any():
            return Eyes(*[float("nan")] * 4)
        points = self.points(picture, corners)
        openness = np.where(seen, points.openness(), np.nan)
        looking = openness >= MIN_OPEN  # false for NaN, an eye that is not seen
        yaw, pitch = gaze(points.offsets(), looking, head, _angle(corners))
        return Eyes(float(openness[1]), float(openness[0]), yaw, pitch)

    def points(self, picture: Image, corners: FloatArray) -> EyePoints:
        """Return the lids and irises of both eyes; arguments as above."""
        contour, iris = self._model(_crops(picture, corners))
        lids = contour.reshape(2, CONTOUR_POINTS, 3)[:, :16, :2]
        return EyePoints(lids, iris.reshape(2, IRIS_POINTS, 3)[..., :2])


def gaze(offsets: FloatArray, looking: NDArray[np.bool_], head: FloatArray, tilt: float) -> tuple[float, float]:
    """Return where the eyes look, degrees to the picture's right and up from the direction to the camera.

    The eye is a ball around C whose iris lies at C + r·g, where g is the direction of the gaze, and the middle of the
    corners at C + m. A distant camera sees the difference of both without its depth, so

        g = (offset + m) / r in x and y, and g_z = −√(1 − g_x² − g_y²).

    m is measured: :data:`REST`, and to the side :data:`CORNERS_FORWARD` times the sine of the head's yaw. All lengths
    are in widths of the eye, which is foreshortened like the head's axis. The mean of both eyes cancels the angle
    between their axes and lines of sight (kappa, about 5° inwards). The answer is thus the direction of the eyes in the
    head added to that of the head.

    Args:
        offsets: ``(2, 2)`` of :meth:`EyePoints.offsets`, right eye first.
        looking: ``(2,)``: the eyes to use; without any, the answer is NaN.
        head: ``(3, 3)`` rotation of the head.
        tilt: Angle of the line of the eyes in the picture, radians, clockwise.
    """
    if not looking.any():
        return float("nan"), float("nan")
    from_temple = np.array([[1, 1], [-1, 1]], np.float32)
    width = float(np.hypot(head[0, 0], head[1, 0]))
    # The rest position first, while nasal is the same side for both eyes; then right is positive for both.
    level = ((offsets * width + np.array([REST[0], REST[1]])) * from_temple)[looking].mean(axis=0)
    cos, sin = math.cos(tilt), math.sin(tilt)
    across = level[0] * cos - level[1] * sin
    down = level[0] * sin + level[1] * cos
    x = (across - CORNERS_FORWARD * head[0, 2]) / IRIS_RADIUS
    y = down / IRIS_RADIUS
    length = math.hypot(x, y)
    if length > 1:  # beyond what an eye can do: the outermost direction
        x, y = x / length, y / length
    towards = math.sqrt(max(1 - x * x - y * y, 0.0))
    return math.degrees(math.atan2(x, towards)), -math.degrees(math.asin(min(max(y, -1.0), 1.0)))


def _angle(corners: FloatArray) -> float:
    """Return the tilt of the line from the right eye's outer to the left eye's outer corner, radians."""
    x, y = (corners[1, 1] - corners[0, 0]).tolist()
    return math.atan2(y, x)


def _crops(picture: Image, corners: FloatArray) -> FloatArray:
    """Return the model's input, ``(2, 64, 64, 3)`` float32, 0–1."""
    crops = np.empty((2, SIDE, SIDE, 3), np.float32)
    for crop, (first, last), mirrored in zip(crops, corners.tolist(), (False, True), strict=True):
        part = cv2.warpAffine(
            picture,
            _to_square(first, last, mirrored=mirrored),
            (SIDE, SIDE),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        np.multiply(part if part.ndim == 3 else part[..., None], 1 / 255, out=crop, dtype=np.float32)
    return crops


def _to_square(first: list[float], last: list[float], *, mirrored: bool) -> FloatArray:
    """Return the ``(2, 3)`` map from the picture to a level square around the middle of an eye's corners."""
    dx, dy = last[0] - first[0], last[1] - first[1]
    width = max(math.hypot(dx, dy), 1e-3)
    scale = SIDE / (MARGIN * width * width)
    cos, sin = dx * scale, dy * scale
    x, y = (first[0] + last[0]) / 2, (first[1] + last[1]) / 2
    middle = SIDE / 2
    rows = np.array([[cos, sin, middle - cos * x - sin * y], [-sin, cos, middle + sin * x - cos * y]], np.float32)
    if mirrored:
        rows[0] = np.array([0, 0, SIDE], np.float32) - rows[0]
    return rows
