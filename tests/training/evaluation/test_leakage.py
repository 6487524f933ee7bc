"""Scores on duplicates across splits, by hand. No TensorFlow."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from emotion.labels import FER2013_LABELS
from tests.training.conftest import made_faces
from training.datasets.face_set import FaceSet
from training.evaluation.leakage import measure_leakage

CARD = SimpleNamespace(labels=FER2013_LABELS)


def faces_of(split, images, labels):
    return FaceSet(split, images, np.array(labels, np.int8), None)


def answering(codes):
    return np.eye(len(FER2013_LABELS), dtype=np.float32)[codes]


def test_duplicated_and_other_faces_are_scored_separately():
    images, train = made_faces(6, 2), made_faces(5, 1)
    train[1], train[3], train[4] = images[0], images[2, :, ::-1], images[5]
    split = faces_of("private-test", images, [3, 3, 0, 0, 1, -1])
    found = measure_leakage(
        {"private-test": answering([3, 3, 1, 1, 1, 0])}, CARD, {"private-test": split},
        faces_of("train", train, [0, 3, 0, 5, 1]),
    )  # fmt: skip
    # Faces 0 and 2 have copies with labels 3 and 5: one agrees. The last face has no label.
    assert found == {
        "private-test": {
            "faces": 5,
            "copied": 2,
            "same_label": 0.5,
            "accuracy_copied": 0.5,
            "accuracy_others": pytest.approx(2 / 3),
            "accuracy_by_heart": pytest.approx(3 / 5),
        }
    }


def test_splits_without_duplicates_are_left_out():
    images, strangers = made_faces(2, 2), made_faces(3, 1)
    splits = {"public-test": faces_of("public-test", images, [3, 0])}
    logits = {"public-test": answering([3, 3])}
    assert measure_leakage(logits, CARD, splits, faces_of("train", strangers, [0, 1, 2])) == {}
    row = measure_leakage(logits, CARD, splits, faces_of("train", images, [3, 0]))["public-test"]
    assert (row["accuracy_copied"], row["accuracy_others"], row["accuracy_by_heart"]) == (0.5, None, 1.0)


def test_duplicates_are_found_in_a_reduced_training_split():
    images = np.stack([cv2.resize(face, (96, 96), interpolation=cv2.INTER_LINEAR) for face in made_faces(3, 2)])
    small = np.stack([cv2.resize(face, (48, 48), interpolation=cv2.INTER_AREA) for face in images[:2]])
    splits = {"test": faces_of("test", images, [3, 0, 1])}
    found = measure_leakage({"test": answering([3, 0, 1])}, CARD, splits, faces_of("train", small, [3, 1]))
    assert (found["test"]["copied"], found["test"]["same_label"]) == (2, 0.5)
