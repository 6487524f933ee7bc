"""The Parquet reader, the FER+ rules and duplicate search on synthetic data; published counts on real data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotion.errors import DatasetError
from tests.training.conftest import ROWS, made_faces, made_table
from training.datasets.face_set import FaceSet
from training.datasets.ferplus import majority_labels, vote_shares
from training.datasets.readers.parquet import default_data_dir, read_split
from training.preparation.leaks import leaked_rows


def votes(*counts):
    return np.array([counts], np.int8)


def test_a_split_round_trips(made_data):
    faces = read_split(made_data, "public-test")
    assert len(faces) == ROWS["public-test"]
    np.testing.assert_array_equal(faces.images, made_faces(ROWS["public-test"], 1))
    assert faces.votes is not None
    assert faces.votes.sum(axis=1).tolist() == [10] * len(faces)


def test_a_table_without_votes_is_read_too(tmp_path):
    table = made_table(made_faces(3, 0), 0)[["image", "emotion"]]
    table.to_parquet(tmp_path / "fer2013-train.parquet")
    assert read_split(tmp_path, "train").votes is None


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: None, "expected the data set's file fer2013-train.parquet"),
        (lambda path: path.write_text("no table"), "expected a Parquet file"),
        (lambda path: pd.DataFrame({"emotion": [1]}).to_parquet(path), r"columns image and emotion .* \['image'\]"),
        (
            lambda path: pd.DataFrame({"image": [None, None], "emotion": [1, None]}).to_parquet(path),
            "number in every row of emotion in .* 1 are empty",
        ),
        (
            lambda path: pd.DataFrame({"image": [None], "emotion": [300]}).to_parquet(path),
            "expected int8 in the column emotion of .* 300",
        ),
        (
            lambda path: pd.DataFrame({"image": [{"bytes": b"no png"}], "emotion": [1]}).to_parquet(path),
            "picture in row 0 .* unreadable bytes",
        ),
        (
            lambda path: made_table(np.zeros((1, 40, 48), np.uint8), 0).to_parquet(path),
            "square picture in row 0 .* got 40x48",
        ),
    ],
)
def test_invalid_files_are_refused(tmp_path, spoil, message):
    spoil(tmp_path / "fer2013-train.parquet")
    with pytest.raises(DatasetError, match=message):
        read_split(tmp_path, "train")


def test_a_face_set_checks_its_shapes():
    images = made_faces(4, 0)
    with pytest.raises(DatasetError, match="expected 4 labels"):
        FaceSet("train", images, np.zeros(3, np.int8), None)
    with pytest.raises(DatasetError, match="expected votes of shape"):
        FaceSet("train", images, np.zeros(4, np.int8), np.zeros((4, 8), np.int8))


def test_a_sample_is_reproducible_and_ordered(made_data):
    faces = read_split(made_data, "train")
    sample = faces.sample(10, seed=1)
    np.testing.assert_array_equal(sample.images, faces.sample(10, seed=1).images)
    places = [np.flatnonzero((faces.images == image).all(axis=(1, 2)))[0] for image in sample.images]
    assert places == sorted(places)
    assert faces.sample(None, seed=1) is faces


@pytest.mark.parametrize(
    ("counts", "label"),
    [
        (votes(6, 4, 0, 0, 0, 0, 0, 0, 0, 0), 0),
        (votes(5, 5, 0, 0, 0, 0, 0, 0, 0, 0), -1),  # half is not a majority
        (votes(1, 1, 1, 1, 0, 5, 0, 1, 0, 0), 5),  # single votes are dropped as noise: 5 of 5
        (votes(2, 0, 0, 0, 0, 0, 0, 0, 8, 0), -1),  # most votes are for unknown
        (votes(0, 0, 0, 0, 0, 0, 0, 2, 0, 8), -1),  # most votes are for not a face
        (votes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), -1),  # no votes
    ],
)
def test_majority_by_hand(counts, label):
    assert majority_labels(counts).tolist() == [label]


def test_vote_shares_by_hand():
    table = np.concatenate(
        [
            votes(6, 2, 1, 0, 0, 0, 0, 0, 1, 0),  # single votes dropped: 6 and 2 of 8
            votes(0, 0, 0, 4, 0, 0, 0, 0, 4, 2),  # most votes are for no expression
            votes(1, 1, 1, 1, 1, 1, 1, 1, 1, 1),  # only single votes
        ]
    )
    shares, usable = vote_shares(table)
    assert usable.tolist() == [True, False, False]
    np.testing.assert_allclose(shares[0], [0.75, 0.25, 0, 0, 0, 0, 0, 0])
    assert not shares[1:].any()


def test_exact_near_and_mirrored_duplicates_are_found():
    train, test = made_faces(6, 1), made_faces(5, 2)
    train[0] = test[4]
    train[2] = np.clip(test[1] * 0.7 + 30 + np.random.default_rng(0).normal(0, 3, (48, 48)), 0, 255)
    train[3] = test[0, :, ::-1]
    train[5] = 0
    assert leaked_rows(train, test).tolist() == [True, False, True, True, False, False]


def test_the_real_test_splits_have_the_published_counts(shared_data):
    private = read_split(default_data_dir(), "private-test")
    assert len(private) == 3589
    assert private.votes is not None
    assert (majority_labels(private.votes) >= 0).sum() == 3153
