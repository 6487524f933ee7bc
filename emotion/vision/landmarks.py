"""Runs the 468-point face mesh and computes head pose and the openness of the mouth from it.

The mesh runs on luma, which saves converting frames; its points differ from those in colour by about 1% of the eye
distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from emotion.types import Face, FloatArray, HeadPose, Image
from emotion.vision.fer2013_frame import FRONTAL_PITCH
from emotion.vision.litert import LiteRTModel
from emotion.vision.mediapipe_files import FACE_MESH, mediapipe_file

MIN_PRESENCE = 0.9
"""A detection is a face if the mesh's presence is at least this, fitted where the first fit placed the face."""
MIN_FIRST_PRESENCE = 0.5
"""The first fit, on the detector's rougher box, must reach this."""

MESH_POINTS = 468

_SIDE = 192
_MARGIN = 1.5
"""The mesh was trained on squares this many times the size of the face."""

_STILL = 0.06
"""A second fit is needed only if a face moved by this share of its square or more."""

RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS = (33, 133), (263, 362)
"""Outer and inner corner of each eye; right and left are the person's."""
NOSE_TIP, MOUTH_RIGHT, MOUTH_LEFT = 1, 61, 291
_FOREHEAD, _CHIN = 10, 152
_INNER_LIPS = [13, 14, 78, 308]
# Five points, each the mean of two: the corners of each eye; nose tip and mouth corners are paired with themselves.
_FIVE_PAIRS = [
    [right, left, NOSE_TIP, MOUTH_RIGHT, MOUTH_LEFT]
    for right, left in zip(RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS, strict=True)
]


@dataclass(frozen=True, slots=True)
class Roi:
    """A rotated square: centre and side in px, angle in radians, clockwise on the screen."""

    x: float
    y: float
    side: float
    angle: float

    def to_square(self, pixels: int) -> FloatArray:
        """Return the ``(2, 3)`` affine transform from the picture to an upright square of ``pixels`` a side."""
        scale = pixels / self.side
        cos, sin = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        middle = pixels / 2
        return np.array(
            [
                [cos, sin, middle - cos * self.x - sin * self.y],
                [-sin, cos, middle + sin * self.x - cos * self.y],
            ],
            np.float32,
        )

    def from_square(self, pixels: int) -> FloatArray:
        """Return the inverse of :meth:`to_square`, ``(2, 3)``."""
        scale = self.side / pixels
        cos, sin = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        middle = pixels / 2
        return np.array(
            [[cos, -sin, self.x - (cos - sin) * middle], [sin, cos, self.y - (sin + cos) * middle]], np.float32
        )

    def shift_to(self, other: Roi) -> float:
        """Return how far the other square has moved or grown, whichever is more, as a share of this one's side."""
        moved = math.hypot(other.x - self.x, other.y - self.y)
        return max(moved, abs(other.side - self.side)) / self.side


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """One fitted mesh.

    Attributes:
        points: ``(468, 3)`` float32 in px of the picture; a smaller z is nearer.
        presence: The model's confidence that this is a face, 0–1.
    """

    points: FloatArray
    presence: float


class FaceMesh:
    """MediaPipe's face mesh (Kartynnik et al. 2019)."""

    def __init__(self) -> None:
        self._model = LiteRTModel(mediapipe_file(FACE_MESH))

    def fit(self, luma: Image, roi: Roi) -> Mesh:
        """Fit the mesh to the square ``roi`` of an ``(H, W)`` luma or ``(H, W, 3)`` RGB picture."""
        part = cv2.warpAffine(luma, roi.to_square(_SIDE), (_SIDE, _SIDE), flags=cv2.INTER_LINEAR)
        values = np.multiply(part, 1 / 255, dtype=np.float32)
        if values.ndim == 2:
            values = cv2.cvtColor(values, cv2.COLOR_GRAY2RGB)
        raw_points, raw_presence = self._model(values[None])
        raw = raw_points.reshape(-1, 3)
        back = roi.from_square(_SIDE)
        points = np.empty_like(raw)
        np.matmul(raw[:, :2], back[:, :2].T, out=points[:, :2])
        points[:, :2] += back[:, 2]
        np.multiply(raw[:, 2], roi.side / _SIDE, out=points[:, 2])
        return Mesh(points, _sigmoid(float(raw_presence.ravel()[0])))

    def follow(self, luma: Image, points: FloatArray) -> Mesh:
        """Fit the mesh at its last position, and again at the new one if the face has moved."""
        before = roi_of_mesh(points)
        mesh = self.fit(luma, before)
        now = roi_of_mesh(mesh.points)
        return mesh if before.shift_to(now) < _STILL else self.fit(luma, now)


def roi_of_detection(face: Face) -> Roi:
    """Return where to fit the mesh to a detection, upright if it has no landmarks."""
    left, top, right, bottom = map(float, face.box_xyxy)
    angle = 0.0
    if face.landmarks is not None:
        across = face.landmarks[1] - face.landmarks[0]
        angle = math.atan2(float(across[1]), float(across[0]))
    return Roi((left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) * _MARGIN, angle)


def roi_of_mesh(points: FloatArray) -> Roi:
    """Return where to fit the mesh next, from its last points."""
    angle = _angle_of_eyes(points)
    cos, sin = math.cos(angle), math.sin(angle)
    upright = np.array([[cos, sin], [-sin, cos]], np.float32) @ points[:, :2].T
    (left, top), (right, bottom) = upright.min(axis=1).tolist(), upright.max(axis=1).tolist()
    x, y = (left + right) / 2, (top + bottom) / 2
    return Roi(x * cos - y * sin, x * sin + y * cos, max(right - left, bottom - top) * _MARGIN, angle)


def _angle_of_eyes(points: FloatArray) -> float:
    (x1, y1), (x2, y2) = points[[RIGHT_EYE_CORNERS[0], LEFT_EYE_CORNERS[0]], :2].tolist()
    return math.atan2(y2 - y1, x2 - x1)


def eye_corners(points: FloatArray) -> FloatArray:
    """Return the corners of the right and the left eye, ``(2, 2, 2)`` px, each eye's left one in the picture first."""
    return points[[RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS[::-1]], :2]


def five_points(points: FloatArray) -> FloatArray:
    """Return ``(5, 2)`` px: right eye, left eye, nose tip, right and left corner of the mouth."""
    pairs = points[_FIVE_PAIRS, :2]
    return np.asarray((pairs[0] + pairs[1]) / 2, np.float32)


def head_pose(points: FloatArray, frontal_pitch: float = FRONTAL_PITCH) -> HeadPose:
    """Return the head's rotation, from the axis through the eyes and the one from forehead to chin.

    The axes are made orthonormal by Gram–Schmidt; the angles are those of the rotation
    R = Ry(yaw) · Rx(pitch) · Rz(roll) that turns a frontal head into this one.

    Args:
        points: ``(468, 3)`` mesh points.
        frontal_pitch: Pitch of the axes in a frontal head, degrees.
    """
    # Not NumPy: for three numbers, its call overhead is ten times the arithmetic.
    right, left, forehead, chin = points[[RIGHT_EYE_CORNERS[0], LEFT_EYE_CORNERS[0], _FOREHEAD, _CHIN]].tolist()
    ax, ay, az = _unit([b - a for a, b in zip(right, left, strict=True)])
    dx, dy, dz = (b - a for a, b in zip(forehead, chin, strict=True))
    along = dx * ax + dy * ay + dz * az
    dx, dy, dz = _unit([dx - ax * along, dy - ay * along, dz - az * along])
    away_x, away_y, away_z = ay * dz - az * dy, az * dx - ax * dz, ax * dy - ay * dx
    return HeadPose(
        yaw=-math.degrees(math.atan2(away_x, away_z)),
        pitch=math.degrees(math.asin(min(max(away_y, -1.0), 1.0))) - frontal_pitch,
        roll=math.degrees(math.atan2(ay, dy)),
    )


def rotation(pose: HeadPose) -> FloatArray:
    """Return R = Ry(yaw) · Rx(pitch) · Rz(roll), ``(3, 3)``, which turns a frontal head's axes into this head's.

    Its columns are the head's axes to the right (of the picture, in a frontal head), down and away from the viewer,
    in coordinates of x to the right, y down and z away.
    """
    yaw, pitch, roll = (math.radians(angle) for angle in (pose.yaw, pose.pitch, pose.roll))
    turn = [[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]]
    nod = [[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]]
    tilt = [[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
    return np.asarray(np.array(turn) @ np.array(nod) @ np.array(tilt), np.float32)


def _unit(vector: list[float]) -> list[float]:
    length = max(math.hypot(*vector), 1e-9)
    return [value / length for value in vector]


def _sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-min(max(logit, -50.0), 50.0)))


def mouth_openness(points: FloatArray) -> float:
    """Return the height of the inner lips over their width: 0 closed, about 1 wide open."""
    upper, lower, right, left = points[_INNER_LIPS, :2].tolist()
    return math.dist(upper, lower) / max(math.dist(right, left), 1e-9)
