"""The mean face from rotated and asymmetrical copies of a known face."""

from __future__ import annotations

import json

import numpy as np
import pytest

from emotion.types import HeadPose
from emotion.vision.landmarks import rotation
from emotion.vision.movements import MEAN_FACE_FILE, in_eye_distances, mean_face
from training.preparation.measure_mean_face import _mean_of, _mirror_points, _symmetrical

MIRROR = np.array(json.loads(MEAN_FACE_FILE.read_text(encoding="utf-8"))["mirror"])


def uneven() -> np.ndarray:
    """Return the mean face with one raised brow and a wide mouth."""
    face = mean_face().copy()
    face[[107, 66, 65, 55], 1] -= 0.1
    return face


def test_the_mean_of_turned_copies_is_the_face() -> None:
    rng = np.random.default_rng(0)
    poses = [HeadPose(*angles) for angles in rng.uniform(-20, 20, (40, 3))]
    copies = np.stack([uneven() @ rotation(pose).T * rng.uniform(50, 200) + [300, 200, 0] for pose in poses])
    found = _mean_of(copies.astype(np.float32))
    # The mean has the copies' average pose, so compare distances, which do not depend on it.
    assert distances(found) == pytest.approx(distances(in_eye_distances(uneven()[None])[0]), abs=2e-3)


def test_mirror_points_are_found() -> None:
    assert np.array_equal(_mirror_points([mean_face()]), MIRROR) or len(set(MIRROR)) == 468
    brows = dict(zip([107, 70, 33, 61, 159, 1], MIRROR[[107, 70, 33, 61, 159, 1]].tolist(), strict=True))
    assert brows == {107: 336, 70: 300, 33: 263, 61: 291, 159: 386, 1: 1}


def test_the_symmetrical_face_has_half_of_the_raise_on_either_side() -> None:
    even = _symmetrical(uneven() @ rotation(HeadPose(3, 0, 4)).T, MIRROR)
    assert even[MIRROR] * [-1, 1, 1] == pytest.approx(even, abs=1e-6)
    assert (mean_face() - even)[[107, 336], 1] == pytest.approx(0.05, abs=0.01)


def distances(face: np.ndarray) -> np.ndarray:
    """Return the distances between every tenth point and all points."""
    return np.linalg.norm(face[::10, None] - face[None, ::10], axis=2)
