"""Measures eyes of photographed faces on which shut lids or irises are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from sklearn.metrics import roc_auc_score

from bench.eyes.drawn import looking, shut
from emotion.engine.face_follower import FaceFollower
from emotion.types import FloatArray, Frame, Image
from emotion.vision.decode.image import load_image
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.eyes import REST, EyeModel, Eyes
from emotion.vision.landmarks import FaceMesh, eye_corners, head_pose, rotation

PHOTOS = ("bald_guys.jpg", "Tom_Cruise_avp_2014_4.jpg", "justin.jpg", "multiface.jpg", "2009_004587.jpg")
"""Files in the folder ``photos`` that show faces with open eyes."""
LEAST_PX, LEAST_DRAWN_PX = 10.0, 20.0
"""Minimum widths of the eyes on which lids and irises are drawn, px."""
AHEAD_DEG = 15.0
"""Maximum yaw and pitch of the heads for which irises are drawn."""
YAWS, PITCHES = (-30, -20, -10, 0, 10, 20, 30), (-10, 0, 10)


class EyesOfFace:
    """Measures the eyes of a face near known mesh points, as in the next frame of a video."""

    def __init__(self) -> None:
        self._mesh, self._model = FaceMesh(), EyeModel()

    def __call__(self, rgb: Image, near: FloatArray) -> Eyes:
        """Return the eyes of a face in an RGB picture; its mesh must be close to ``near``, ``(468, 3)``."""
        luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        points = self._mesh.follow(luma, near).points
        return self._model(luma, eye_corners(points), rotation(head_pose(points)))


def photographed(folder: Path, least_px: float) -> Iterator[tuple[Image, FloatArray]]:
    """Yield picture and mesh of each face with eyes of a minimum width.

    Args:
        folder: The shared data.
        least_px: Width of the narrower eye.
    """
    detector, mesh = BlazeFace(), FaceMesh()
    for name in PHOTOS:
        rgb = load_image(folder / "photos" / name)
        luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        for face in FaceFollower(detector, mesh)(Frame(0, 0.0, luma, partial(np.asarray, rgb))):
            assert face.landmarks is not None
            corners = eye_corners(face.landmarks)
            if np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1).min() >= least_px:
                yield _around(rgb, face.landmarks)


def _around(rgb: Image, points: FloatArray) -> tuple[Image, FloatArray]:
    """Return a picture cropped around a face, and the mesh in it."""
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    margin = float((high - low).max())
    left, top = np.maximum(low - margin, 0).astype(int).tolist()
    right, bottom = (high + margin).astype(int).tolist()
    return np.ascontiguousarray(rgb[top:bottom, left:right]), points - np.array([left, top, 0], np.float32)


def measure_lids(folder: Path) -> dict[str, Any]:
    """Return how well mean openness separates open eyes from drawn shut lids: ``faces`` and ``auc``."""
    eyes, opened, closed = EyesOfFace(), [], []
    for rgb, points in photographed(folder, LEAST_PX):
        opened.append(_openness(eyes(rgb, points)))
        closed.append(_openness(eyes(shut(rgb, points), points)))
    area = roc_auc_score([1] * len(opened) + [0] * len(closed), opened + closed)
    return {"faces": len(opened), "auc": float(area)}


def _openness(eyes: Eyes) -> float:
    return (eyes.eye_openness_left + eyes.eye_openness_right) / 2


def measure_drawn_gaze(folder: Path) -> dict[str, Any]:
    """Return the gaze errors for irises drawn in known directions, and the slope of measured over drawn yaw."""
    eyes, rows, count = EyesOfFace(), [], 0
    for rgb, points in photographed(folder, LEAST_DRAWN_PX):
        pose = head_pose(points)
        if max(abs(pose.yaw), abs(pose.pitch)) > AHEAD_DEG:
            continue
        count += 1
        for yaw in YAWS:
            for pitch in PITCHES:
                seen = eyes(looking(rgb, points, yaw, pitch, REST), points)
                rows.append((yaw, pitch, seen.gaze_yaw, seen.gaze_pitch))
    yaw, pitch, seen_yaw, seen_pitch = np.array([row for row in rows if np.isfinite(row).all()], np.float64).T
    return {
        "faces": count,
        "yaw_error": float(np.abs(seen_yaw - yaw).mean()),
        "pitch_error": float(np.abs(seen_pitch - pitch).mean()),
        "yaw_slope": float(np.polyfit(yaw, seen_yaw, 1)[0]),
    }
