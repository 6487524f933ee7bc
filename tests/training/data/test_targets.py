"""Targets: votes or labels, all classes or some."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion.errors import DatasetError, LabelError
from tests.training.conftest import made_faces
from training.data.balance import balanced_order, class_weights
from training.data.targets import examples_of
from training.datasets.face_set import FaceSet
from training.recipes import Recipe

RECIPE = Recipe(name="made", network="made")
SOME = ("anger", "neutral", "sadness")


@pytest.fixture
def faces():
    """Three faces: labels anger, happiness, neutral; votes 6:4 neutral:sadness, all surprise, 5:5 anger:fear."""
    votes = np.zeros((3, 10), np.int8)
    votes[0, [0, 3]] = 6, 4
    votes[1, 2] = 10
    votes[2, [4, 6]] = 5
    return FaceSet("train", made_faces(3, 0), np.array([0, 3, 6], np.int8), votes)


def test_votes_are_shares_of_the_eight(faces):
    examples = examples_of(faces, RECIPE)
    np.testing.assert_allclose(examples.shares[0], [0.6, 0, 0, 0.4, 0, 0, 0, 0], atol=1e-6)
    assert examples.heads[0].truth.tolist() == [0, 2, -1]


def test_votes_for_some_classes_leave_out_faces_of_others(faces):
    examples = examples_of(faces, replace(RECIPE, classes=SOME))
    assert examples.heads[0].label_set.labels == SOME
    np.testing.assert_allclose(examples.shares, [[0, 0.6, 0.4]], atol=1e-6)
    assert examples.heads[0].truth.tolist() == [1]


def test_labels_are_the_data_sets_own(faces):
    examples = examples_of(faces, replace(RECIPE, targets="labels", classes=SOME))
    assert examples.heads[0].truth.tolist() == [0, 1]
    np.testing.assert_array_equal(examples.shares, [[1, 0, 0], [0, 1, 0]])


def test_either_takes_labels_where_there_are_no_votes(faces):
    either = replace(RECIPE, targets="either")
    assert examples_of(faces, either).outputs == 8
    assert examples_of(replace(faces, votes=None), either).outputs == 7


def test_both_have_a_head_for_votes_and_one_for_labels(faces):
    examples = examples_of(faces, replace(RECIPE, targets="both"))
    assert [head.label_set.name for head in examples.heads] == ["ferplus", "fer2013"]
    assert (examples.outputs, examples.shares.shape) == (15, (3, 15))
    np.testing.assert_array_equal(examples.shares[:, 8:], np.eye(7, dtype=np.float32)[[0, 3, 6]])
    assert examples.heads[1].truth.tolist() == [0, 3, 6]


def test_a_face_without_a_target_for_one_head_trains_the_other(faces):
    votes = faces.votes.copy()
    votes[1] = [0, 0, 0, 0, 0, 0, 0, 0, 10, 0]  # all votes are for unknown
    labels = np.array([0, 3, -1], np.int8)
    examples = examples_of(replace(faces, votes=votes, labels=labels), replace(RECIPE, targets="both"))
    voted, labelled = examples.heads
    assert len(examples) == 3
    np.testing.assert_allclose(voted.shares.sum(axis=1), [1, 0, 1], atol=1e-6)
    np.testing.assert_array_equal(labelled.shares.sum(axis=1), [1, 1, 0])
    assert labelled.truth.tolist() == [0, 3, -1]
    nobody_knows = replace(faces, votes=votes, labels=np.array([0, -1, -1], np.int8))
    assert len(examples_of(nobody_knows, replace(RECIPE, targets="both"))) == 2


def test_smoothing_spreads_a_share_of_a_label_over_all_and_leaves_votes(faces):
    voted, labelled = examples_of(faces, replace(RECIPE, targets="both", label_smoothing=0.14)).heads
    np.testing.assert_allclose(labelled.shares[0], [0.88, *[0.02] * 6], atol=1e-6)
    np.testing.assert_allclose(voted.shares[0], [0.6, 0, 0, 0.4, 0, 0, 0, 0], atol=1e-6)
    without = replace(faces, labels=np.full(3, -1, np.int8))
    _, unknown = examples_of(without, replace(RECIPE, targets="both", label_smoothing=0.14)).heads
    assert not unknown.shares.any()


def test_invalid_targets_are_refused(faces):
    with pytest.raises(DatasetError, match="expected FER\\+ votes"):
        examples_of(replace(faces, votes=None), RECIPE)
    with pytest.raises(LabelError, match="got contempt"):
        examples_of(faces, replace(RECIPE, targets="labels", classes=("contempt", "anger")))
    with pytest.raises(DatasetError, match=r"expected faces of fear, disgust .* none"):
        examples_of(faces, replace(RECIPE, targets="labels", classes=("fear", "disgust")))


def test_class_weights_by_hand():
    shares = np.eye(3, dtype=np.float32)[[0, 0, 0, 1]]
    np.testing.assert_allclose(class_weights(shares), [4 / 6, 2, 0])
    order = balanced_order(shares, np.random.default_rng(0))
    assert len(order) == 4
