"""Fitting the slopes of the abstention threshold; accuracy by angle."""

from __future__ import annotations

import numpy as np
import pytest

from emotion.model_card import ABSTAIN_SLOPES
from emotion.samples import sample_image
from emotion.vision.landmarks import FaceMesh
from training.augment import coarsened
from training.evaluation.abstention_slopes import fit_slopes, view
from training.evaluation.angles import bins


def test_known_slopes_are_recovered() -> None:
    """Whether an answer is right is drawn with logit 2 × (its logit − the effects of angle and size)."""
    chance = np.random.default_rng(1)
    n = 60_000
    rows = np.column_stack([chance.uniform(0, 60, n), chance.uniform(0, 40, n), chance.uniform(0, 3, n), np.zeros(n)])
    sure = chance.normal(1.5, 1.5, n)
    right = chance.random(n) < 1 / (1 + np.exp(-2 * (sure - 0.03 * rows[:, 0] - 0.5 * rows[:, 2])))
    slopes = fit_slopes(rows, (1 / (1 + np.exp(-sure))).astype(np.float32), right)
    assert tuple(slopes) == ABSTAIN_SLOPES
    assert slopes["yaw"] == pytest.approx(0.03, abs=0.004)
    assert slopes["size"] == pytest.approx(0.5, abs=0.06)
    assert slopes["pitch"] == pytest.approx(0, abs=0.003)
    assert slopes["doubt"] == 0


def test_slopes_are_never_negative() -> None:
    chance = np.random.default_rng(2)
    rows = np.column_stack([chance.uniform(0, 60, 5_000), np.zeros((5_000, 3))])
    sure = chance.normal(0, 1, 5_000)
    right = chance.random(5_000) < 1 / (1 + np.exp(-sure - 0.05 * rows[:, 0]))
    slopes = fit_slopes(rows, (1 / (1 + np.exp(-sure))).astype(np.float32), right)
    assert slopes["yaw"] == 0


def test_a_reduced_face_is_detected_small_in_the_same_pose() -> None:
    face = np.ascontiguousarray(sample_image()[40:210, 140:310])
    mesh = FaceMesh()
    large, small = (view(coarsened(face, side), side, mesh) for side in (170, 60))
    assert small[2] == pytest.approx(large[2] * 60 / 170, rel=0.1)
    assert small[0] == pytest.approx(large[0], abs=6)
    assert coarsened(face, 60).shape == face.shape


def test_bins_count_each_face_once_per_angle() -> None:
    yaw, pitch = np.float32([-25, 5, 12, 45]), np.float32([0, -30, 15, 5])
    right, answered = np.array([True, False, True, True]), np.array([True, True, False, True])
    rows = bins("set", yaw, pitch, right, answered)
    assert [row for row in rows if row["angle"] == "yaw"] == [
        {"set": "set", "angle": "yaw", "from": 0, "to": 10, "faces": 1, "accuracy": 0.0, "answered": 1.0},
        {"set": "set", "angle": "yaw", "from": 10, "to": 20, "faces": 1, "accuracy": 1.0, "answered": 0.0},
        {"set": "set", "angle": "yaw", "from": 20, "to": 30, "faces": 1, "accuracy": 1.0, "answered": 1.0},
        {"set": "set", "angle": "yaw", "from": 30, "to": 90, "faces": 1, "accuracy": 1.0, "answered": 1.0},
    ]
    assert sum(row["faces"] for row in rows if row["angle"] == "pitch") == 4
