"""Adds the openness of the eyes and the gaze to a face that the mesh has found."""

from __future__ import annotations

from dataclasses import asdict, replace

from emotion.types import Face, Image
from emotion.vision.eyes import EyeModel
from emotion.vision.landmarks import eye_corners, rotation


def with_eyes(model: EyeModel, luma: Image, face: Face) -> Face:
    """Return the face with its eyes measured; unchanged if it has no mesh or no head pose.

    Args:
        model: Measures them.
        luma: ``(H, W)`` uint8 picture in which the face was found.
        face: The face.
    """
    if face.landmarks is None or face.pose is None:
        return face
    eyes = model(luma, eye_corners(face.landmarks), rotation(face.pose))
    return replace(face, **asdict(eyes))
