"""Face-part scores computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from emotion.models.face_parts import KEYPOINTS
from training.face_parts.scores import dice, iou, mean_point_error, point_errors, presence_scores


def test_overlap_of_half_a_square():
    truth, found = np.zeros((2, 1, 4, 4, 1), bool)
    truth[0, :, :2] = True  # 8 px
    found[0, :2] = True  # 8 px, 4 of them shared
    assert dice(found, truth).tolist() == [0.5]
    assert iou(found, truth) == pytest.approx([4 / 12])


def test_empty_masks_overlap_fully_and_scores_are_averaged():
    truth, found = np.zeros((2, 2, 3, 3, 2), bool)
    truth[0, 0, 0, 0] = True
    assert dice(found, truth).tolist() == [0.5, 1.0]
    assert iou(found, found).tolist() == [1.0, 1.0]


def test_errors_are_shares_of_the_distance_between_the_eyes():
    truth = np.zeros((1, len(KEYPOINTS), 2), np.float32)
    truth[0, KEYPOINTS.index("left_eye_center"), 0] = 20
    found = truth + np.array([3, 4], np.float32)  # each 5 px off
    assert point_errors(found, truth) == pytest.approx(np.full((1, len(KEYPOINTS)), 0.25))
    truth[0, KEYPOINTS.index("nose_tip")] = np.nan
    assert np.isnan(point_errors(found, truth)[0, KEYPOINTS.index("nose_tip")])
    assert mean_point_error(found, truth) == pytest.approx(0.25)


def test_presence():
    scores = presence_scores(np.array([1.0, 2.0, -1.0, 3.0]), np.array([True, True, True, False]))
    assert scores == pytest.approx({"accuracy": 0.5, "precision": 2 / 3, "recall": 2 / 3})
