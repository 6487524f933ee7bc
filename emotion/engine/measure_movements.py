"""Adds the measures of brows, lids, lips and jaw to faces that the mesh has found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from emotion.types import Face
from emotion.vision.landmarks import MESH_POINTS
from emotion.vision.movements import measures

_DECIMALS = 4
"""The mesh jitters by at least 0.0004 from frame to frame; rounded values take less than half the space in files."""


def with_measures(faces: Sequence[Face]) -> tuple[Face, ...]:
    """Return the faces with their measures, all computed at once; faces without a mesh are unchanged.

    Args:
        faces: The faces of one frame.
    """
    meshes = {
        place: face.landmarks
        for place, face in enumerate(faces)
        if face.landmarks is not None and face.landmarks.shape == (MESH_POINTS, 3)
    }
    if not meshes:
        return tuple(faces)
    values = dict(zip(meshes, measures(np.stack(list(meshes.values()))).round(_DECIMALS), strict=True))
    return tuple(replace(face, measures=values[place]) if place in values else face for place, face in enumerate(faces))
