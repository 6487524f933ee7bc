"""Synthetic results of frames, with different values in each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emotion.labels import FERPLUS_LABELS as LABELS
from emotion.types import Face, FrameResult, HeadPose

FPS = 25.0


def face(index: int, track: int) -> Face:
    weights = np.random.default_rng([index, track]).random(len(LABELS))
    probabilities = (weights / weights.sum()).astype(np.float32)
    box = np.array([10, 20, 110, 140], np.float32) + np.float32(index)
    pose = HeadPose(1.5 * track, -index / 10, 0.25)
    made = Face(box_xyxy=box, confidence=0.9, pose=pose, track_id=track, probabilities=probabilities)
    return replace(made, mouth_openness=0.125, eye_openness_left=0.5, gaze_yaw=-3.0)


def result(index: int, tracks: tuple[int, ...] = (1,)) -> FrameResult:
    faces = tuple(face(index, track) for track in tracks)
    return FrameResult(index, index / FPS, 640, 480, faces, LABELS, 0.0)
