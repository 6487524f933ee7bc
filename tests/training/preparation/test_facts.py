"""Facts of data sets, counted by hand; published figures on real data."""

from __future__ import annotations

import json

import cv2
import numpy as np

from tests.training.conftest import ROWS, made_faces
from training.cli.main import main
from training.datasets.face_set import FaceSet
from training.datasets.readers.parquet import default_data_dir, read_split
from training.preparation.agreement import agreement, predicted_from_votes
from training.preparation.duplicates import count_conflicts, count_duplicates
from training.preparation.fact_pictures import grid, mean_face
from training.preparation.facts import pixel_statistics
from training.preparation.leaks import find_duplicates


def faces_of(images, labels, votes=None, split="train"):
    return FaceSet(split, images, np.array(labels, np.int8), votes)


def test_the_command_writes_figures_and_the_pictures_they_name(made_data, tmp_path, capsys):
    assert main(["facts", "--data", str(made_data), "--out", str(tmp_path)]) == 0
    facts = json.loads((tmp_path / "facts.json").read_text(encoding="utf-8"))
    assert {split: record["faces"] for split, record in facts["splits"].items()} == ROWS
    assert sum(facts["splits"]["train"]["classes"].values()) == ROWS["train"]
    assert facts["duplicates"]["across"][1] == {"of": "train", "in": "private-test", "exact": 1, "near": 0}
    for name in (name for kind in ("samples", "mean") for name in facts["pictures"][kind].values()):
        assert cv2.imread(str(tmp_path / name)) is not None
    assert "agree with the FER+ majority" in capsys.readouterr().out


def test_large_colour_pictures_are_measured_small(made_data, tmp_path):
    large = tmp_path / "large"
    main(["prepare", "parquet", "--source", str(made_data), "--out", str(large), "--size", "64", "--colour"])
    assert main(["facts", "--data", str(large), "--out", str(large)]) == 0
    facts = json.loads((large / "facts.json").read_text(encoding="utf-8"))
    assert (facts["picture_size"], facts["measured_size"], facts["colour"]) == (64, 48, True)


def test_pixel_statistics_by_hand():
    images = np.concatenate([np.zeros((1, 8, 8), np.uint8), np.full((1, 8, 8), 200, np.uint8)])
    images[1, 0, 0] = 199
    facts = pixel_statistics(images)
    assert facts["blank"] == 1
    assert facts["mean"] == round(images.mean(), 3)
    assert facts["deviation"] == round(images.std(), 3)
    assert [facts["histogram"][level // 8] for level in (0, 199, 200)] == [0.5, round(1 / 128, 5), round(63 / 128, 5)]


def test_agreement_by_hand():
    votes = np.zeros((5, 10), np.int8)
    votes[[0, 1, 2, 3], [4, 1, 4, 8]] = 10  # anger, happiness, anger, unknown; the last has no votes
    table = agreement({"train": faces_of(made_faces(5, 0), [0, 3, 3, 0, 0], votes)})
    record = table["splits"]["train"]
    assert record["decided"] == 3
    assert record["share"] == round(2 / 3, 4)
    anger, happiness = record["table"][0], record["table"][3]
    assert (anger[4], anger[-1], sum(anger)) == (1, 1, 2)
    assert (happiness[1], happiness[4], sum(happiness)) == (1, 1, 2)


def test_the_vote_rule_is_fitted_on_the_training_split():
    def split(name, labels, columns, blank=()):
        votes = np.zeros((len(labels), 10), np.int8)
        votes[np.arange(len(labels)), columns] = 10
        votes[list(blank)] = 0
        return faces_of(made_faces(len(labels), len(labels)), labels, votes, split=name)

    anger, happiness, neutral = 4, 1, 0  # columns of votes; FER2013's codes are 0, 3 and 6
    train = split("train", [0, 3, 6] * 20, [anger, happiness, neutral] * 20)
    # One right, one wrong, and two that do not count: without votes, and without a label.
    test = split("private-test", [0, 0, 3, -1], [anger, happiness, happiness, neutral], blank=(2,))
    assert predicted_from_votes({"train": train, "private-test": test}) == {"private-test": 0.5}
    assert predicted_from_votes({"private-test": test}) == {}


def test_a_set_without_votes_has_no_agreement():
    assert agreement({"train": faces_of(made_faces(2, 0), [0, 1])}) is None


def test_duplicates_within_and_across_splits_by_hand():
    train, test = made_faces(6, 1), made_faces(4, 2)
    train[3] = train[0]
    train[4] = np.clip(train[1] * 0.8 + 20.0, 0, 255)
    test[2] = train[0, :, ::-1]
    found = count_duplicates({"train": faces_of(train, [0] * 6), "test": faces_of(test, [1] * 4, split="test")})
    assert found["within"] == {"train": {"exact": 1, "near": 1}, "test": {"exact": 0, "near": 0}}
    assert found["across"] == [{"of": "train", "in": "test", "exact": 2, "near": 0}]


def test_conflicting_labels_of_equal_pictures_are_counted():
    images = made_faces(7, 1)
    images[1], images[3], images[5] = images[0], images[2], images[4]
    conflicts = count_conflicts({"train": faces_of(images, [0, 1, 2, 2, -1, 3, 0])})
    assert conflicts == {"groups": 3, "pictures": 6, "groups_with_different_labels": 1}


def test_duplicates_are_found_in_large_colour_pictures():
    images = np.random.default_rng(0).integers(0, 256, (4, 60, 60, 3), np.uint8)
    found = find_duplicates(images, images[[2]])
    assert found.exact.tolist() == [False, False, True, False]
    assert found.of.tolist() == [-1, -1, 0, -1]


def test_each_duplicate_names_its_original():
    train, test = made_faces(6, 1), made_faces(4, 2)
    test[1] = train[4]
    test[2] = np.clip(train[3] * 0.8 + 20.0, 0, 255)
    test[3] = train[5, :, ::-1]
    assert find_duplicates(test, train).of.tolist() == [-1, 4, 3, 5]
    train[3] = train[0]
    assert find_duplicates(train).of.tolist() == [-1, -1, -1, 0, -1, -1]


def test_grids_and_mean_faces_by_hand():
    images = np.stack([np.full((4, 4, 3), level, np.uint8) for level in range(0, 90, 10)])
    sheet = grid(images)
    assert sheet.shape == (10, 46, 3)
    assert (sheet[:4, 6:10] == 10).all() and (sheet[6:, :4] == 80).all() and (sheet[6:, 6:] == 255).all()
    assert (mean_face(images, np.array([1, 2])) == 15).all()


def test_the_real_labels_agree_as_published(shared_data):
    record = agreement({"private-test": read_split(default_data_dir(), "private-test")})["splits"]["private-test"]
    assert record["decided"] == 3153
    assert 0.5 < record["share"] < 0.8
