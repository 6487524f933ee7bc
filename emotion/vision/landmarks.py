"""The 468-point face mesh: where the parts of a face are, which way the head points, how open eyes and mouth are.

The mesh reads luma: on colour pictures its points differ by about one per
cent of the eye distance, and no frame has to be converted.
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
"""A find is a face if the mesh, fitted where a first fit showed it to be, says so at least this surely …"""
MIN_FIRST_PRESENCE = 0.5
"""… and the first fit, on the detector's rougher box, at least this surely."""

MESH_POINTS = 468

_SIDE = 192
_MARGIN = 1.5
"""The mesh was trained on squares this much larger than the face."""

_STILL = 0.06
"""A face that moved by less than this share of its square is fitted well enough at the first try."""

RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS = (33, 133), (263, 362)
"""Outer and inner corner of each eye; right and left are the person's own."""
NOSE_TIP, MOUTH_RIGHT, MOUTH_LEFT = 1, 61, 291
_FOREHEAD, _CHIN = 10, 152
# Outer corner, two points of the upper lid, inner corner, two of the lower lid.
_RIGHT_EYE = (33, 160, 158, 133, 153, 144)
_LEFT_EYE = (263, 387, 385, 362, 380, 373)
_INNER_LIPS = (13, 14, 78, 308)


@dataclass(frozen=True, slots=True)
class Roi:
    """A turned square: centre in px, side in px, angle in radians (clockwise on the screen)."""

    x: float
    y: float
    side: float
    angle: float

    def to_square(self, pixels: int) -> FloatArray:
        """Return the ``(2, 3)`` affine map from the picture to an upright square of ``pixels`` a side."""
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

    def shift_to(self, other: Roi) -> float:
        """Return how far the other square is moved and grown against this one, as a share of the side."""
        moved = math.hypot(other.x - self.x, other.y - self.y)
        return max(moved, abs(other.side - self.side)) / self.side


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """One fitted mesh.

    Attributes:
        points: ``(468, 3)`` float32; x and y in px of the picture, z in px too, smaller is nearer.
        presence: The model's confidence that this is a face, 0–1.
    """

    points: FloatArray
    presence: float


class FaceMesh:
    """MediaPipe's face mesh (Kartynnik et al. 2019)."""

    def __init__(self) -> None:
        self._model = LiteRTModel(mediapipe_file(FACE_MESH))

    def fit(self, luma: Image, roi: Roi) -> Mesh:
        """Fit the mesh to what ``roi`` shows of the ``(H, W)`` luma picture, or of an ``(H, W, 3)`` RGB one."""
        to_square = roi.to_square(_SIDE)
        part = cv2.warpAffine(luma, to_square, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR)
        values = (cv2.cvtColor(part, cv2.COLOR_GRAY2RGB) if part.ndim == 2 else part).astype(np.float32)
        values *= 1 / 255
        raw_points, raw_presence = self._model(values[None])
        points = raw_points.reshape(-1, 3)
        back = cv2.invertAffineTransform(to_square)
        on_picture = points[:, :2] @ back[:, :2].T + back[:, 2]
        depth = points[:, 2:] * (roi.side / _SIDE)
        presence = 1 / (1 + math.exp(-float(np.clip(raw_presence.ravel()[0], -50, 50))))
        return Mesh(np.hstack([on_picture, depth]).astype(np.float32), presence)

    def follow(self, luma: Image, points: FloatArray) -> Mesh:
        """Fit the mesh near where it was; once more where it is now, if the face has moved in between."""
        before = roi_of_mesh(points)
        mesh = self.fit(luma, before)
        now = roi_of_mesh(mesh.points)
        return mesh if before.shift_to(now) < _STILL else self.fit(luma, now)


def roi_of_find(face: Face) -> Roi:
    """Return where to fit the mesh to a detector's find, upright if it tells no eyes."""
    left, top, right, bottom = map(float, face.box_xyxy)
    angle = 0.0
    if face.landmarks is not None:
        across = face.landmarks[1] - face.landmarks[0]
        angle = math.atan2(float(across[1]), float(across[0]))
    return Roi((left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) * _MARGIN, angle)


def roi_of_mesh(points: FloatArray) -> Roi:
    """Return where to fit the mesh next, given where it was."""
    flat = points[:, :2]
    across = flat[LEFT_EYE_CORNERS[0]] - flat[RIGHT_EYE_CORNERS[0]]
    angle = math.atan2(float(across[1]), float(across[0]))
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]], np.float32)
    upright = flat @ turn.T
    low, high = upright.min(axis=0), upright.max(axis=0)
    x, y = ((low + high) / 2) @ turn
    return Roi(float(x), float(y), float((high - low).max()) * _MARGIN, angle)


def eye_centres(points: FloatArray) -> FloatArray:
    """Return the ``(2, 2)`` centres between the corners of the right and the left eye, px."""
    flat = points[:, :2]
    return np.stack([flat[list(RIGHT_EYE_CORNERS)].mean(axis=0), flat[list(LEFT_EYE_CORNERS)].mean(axis=0)])


def five_points(points: FloatArray) -> FloatArray:
    """Return ``(5, 2)`` px: right eye, left eye, nose tip, right and left corner of the mouth."""
    return np.concatenate([eye_centres(points), points[[NOSE_TIP, MOUTH_RIGHT, MOUTH_LEFT], :2]])


def head_pose(points: FloatArray, frontal_pitch: float = FRONTAL_PITCH) -> HeadPose:
    """Return the head's rotation, from axes drawn through the eyes and from forehead to chin.

    The axes are made orthonormal by Gram–Schmidt; the angles are those of the
    rotation R = Ry(yaw) · Rx(pitch) · Rz(roll) that turns a frontal head into this one.

    Args:
        points: ``(468, 3)`` mesh points.
        frontal_pitch: What the axes' pitch is in a head that looks ahead, degrees.
    """
    across = _unit(points[LEFT_EYE_CORNERS[0]] - points[RIGHT_EYE_CORNERS[0]])
    down = points[_CHIN] - points[_FOREHEAD]
    down = _unit(down - across * float(down @ across))
    away = np.cross(across, down)
    return HeadPose(
        yaw=-math.degrees(math.atan2(float(away[0]), float(away[2]))),
        pitch=math.degrees(math.asin(float(np.clip(away[1], -1, 1)))) - frontal_pitch,
        roll=math.degrees(math.atan2(float(across[1]), float(down[1]))),
    )


def rotation(pose: HeadPose) -> FloatArray:
    """Return R = Ry(yaw) · Rx(pitch) · Rz(roll), ``(3, 3)``: what becomes of a frontal head's axes in a head like this.

    Its columns are the directions across (to the picture's right in a frontal head), down and away
    from the viewer, each as x to the right, y down and z away.
    """
    yaw, pitch, roll = (math.radians(angle) for angle in (pose.yaw, pose.pitch, pose.roll))
    turn = [[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]]
    nod = [[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]]
    tilt = [[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
    return np.asarray(np.array(turn) @ np.array(nod) @ np.array(tilt), np.float32)


def _unit(vector: FloatArray) -> FloatArray:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def eye_openness(points: FloatArray) -> float:
    """Return the eye aspect ratio, mean of both eyes (Soukupová and Čech 2016); about 0.3 open, below 0.15 shut."""
    return float(np.mean([_aspect_ratio(points[list(eye), :2]) for eye in (_RIGHT_EYE, _LEFT_EYE)]))


def _aspect_ratio(eye: FloatArray) -> float:
    heights = np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4])
    return float(heights) / max(2 * float(np.linalg.norm(eye[0] - eye[3])), 1e-9)


def mouth_openness(points: FloatArray) -> float:
    """Return the height between the inner lips over their width; 0 closed, about 1 wide open."""
    upper, lower, right, left = points[list(_INNER_LIPS), :2]
    return float(np.linalg.norm(upper - lower)) / max(float(np.linalg.norm(right - left)), 1e-9)
