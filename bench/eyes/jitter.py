"""Measures how much facial measures and head angles jitter from frame to frame."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion.engine.face_follower import FaceFollower
from emotion.vision.decode.video import read_video
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.landmarks import FaceMesh, head_pose
from emotion.vision.movements import measures

CLIPS = ("portrait_d0.mp4", "one_face_720p.mp4")
"""A close-up, and a face at some distance."""
FRAMES = 75


def measure_jitter(folder: Path) -> dict[str, float]:
    """Return the least and the greatest jitter of any measure and any angle in :data:`CLIPS`.

    Jitter is the standard deviation of second differences over √6: slow movements nearly cancel out, and independent
    errors keep their size.

    Args:
        folder: The shared data.

    Returns:
        ``least`` and ``greatest`` of the measures, in eye distances, and ``least_deg`` and ``greatest_deg`` of yaw,
        pitch and roll, degrees.
    """
    jitters, angles = [], []
    for name in CLIPS:
        follower, meshes = FaceFollower(BlazeFace(), FaceMesh()), []
        for frame in itertools.islice(read_video(folder / "videos" / name), FRAMES):
            meshes += [face.landmarks for face in follower(frame)[:1] if face.landmarks is not None]
        poses = np.array([[pose.yaw, pose.pitch, pose.roll] for pose in map(head_pose, meshes)])
        jitters.append(_jitter(measures(np.stack(meshes)).astype(np.float64)))
        angles.append(_jitter(poses))
    return {
        "least": float(np.min(jitters)),
        "greatest": float(np.max(jitters)),
        "least_deg": float(np.min(angles)),
        "greatest_deg": float(np.max(angles)),
    }


def _jitter(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.diff(values, n=2, axis=0).std(axis=0) / np.sqrt(6))
