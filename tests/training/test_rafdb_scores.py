"""RAF-DB beside FER2013: read, scored, and calibrated on. No TensorFlow."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from emotion.errors import DatasetError
from emotion.labels import FER2013_LABELS, RAFDB
from emotion.models.registry import load_card, save_card
from tests.training.made_models import install
from training.cli.main import main
from training.evaluation.calibrate import trained_on_rafdb
from training.evaluation.evaluation_sets import has_rafdb, read_rafdb


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path))
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    install(tmp_path, "eight", 1)
    install(tmp_path, "seven", 2, labels=FER2013_LABELS)
    return tmp_path


def test_labels_are_read_in_any_order(made_rafdb):
    faces = read_rafdb(made_rafdb, "test")
    assert (faces.label_set, faces.size, len(faces)) == (RAFDB, 64, 28)
    assert faces.labels[:7].tolist() == [6, 5, 4, 3, 2, 1, 0]


def test_missing_rafdb_names_the_command_that_makes_it(made_rafdb, tmp_path):
    assert has_rafdb(made_rafdb)
    assert not has_rafdb(tmp_path)
    with pytest.raises(
        DatasetError, match=r"RAF-DB's test faces in .*rafdb; there are none: .*python -m training faces"
    ):
        read_rafdb(tmp_path, "test")


@pytest.mark.parametrize(("name", "own"), [("eight", "ferplus"), ("seven", "fer2013")])
def test_a_model_is_scored_on_both_data_sets(models, made_data, made_rafdb, capsys, name, own):
    assert main(["evaluate", "--model", name, "--data", str(made_data), "--faces", str(made_rafdb)]) == 0
    shown = capsys.readouterr()
    assert "RAF-DB, test, int8" in shown.out
    assert "not scored" not in shown.err
    evaluation = json.loads((models / name / "evaluation.json").read_text())
    rafdb = evaluation["int8"]["rafdb"]
    assert {split: record["n"] for split, record in rafdb.items()} == {"validation": 21, "test": 28}
    assert list(rafdb["test"]["per_class"]) == list(RAFDB.labels), "restricted to its seven classes"
    assert {"before", "after"} == set(rafdb["test"]["ece"])
    assert set(evaluation["flip"]["scores"]["rafdb"]) == {"validation", "test"}
    assert set(evaluation["robustness"]["rafdb"]) == {"test"}
    assert evaluation["robustness"]["rafdb"]["test"]["clean"]["accuracy"] == rafdb["test"]["accuracy"]
    assert set(evaluation["copies"]) <= {"public-test", "private-test"}
    card = load_card(name)
    assert card.scores["rafdb_balanced_accuracy"] == round(rafdb["test"]["balanced_accuracy"], 4)
    kept = evaluation["abstention"]
    assert kept["limit"] == card.abstain_below
    assert {label_set: list(roles) for label_set, roles in kept["sets"].items()} == {
        own: ["validation", "test"], "rafdb": ["validation", "test"],
    }  # fmt: skip
    assert kept["sets"]["rafdb"]["test"]["split"] == "test"


def test_missing_rafdb_is_reported_and_the_rest_scored(models, made_data, tmp_path, capsys):
    assert main(["evaluate", "--model", "eight", "--data", str(made_data), "--faces", str(tmp_path / "none")]) == 0
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "RAF-DB is not scored" in error
    assert "python -m training faces" in error
    evaluation = json.loads((models / "eight" / "evaluation.json").read_text())
    assert set(evaluation["int8"]) == {"ferplus", "fer2013"}
    assert set(evaluation["abstention"]["sets"]) == {"ferplus"}


def test_rafdb_is_not_scored_twice(models, made_rafdb):
    data = made_rafdb / "rafdb"
    assert main(["evaluate", "--model", "eight", "--data", str(data), "--faces", str(made_rafdb)]) == 0
    evaluation = json.loads((models / "eight" / "evaluation.json").read_text())
    assert {split: record["n"] for split, record in evaluation["int8"]["rafdb"].items()} == {
        "validation": 21,
        "test": 28,
    }


def test_the_option_calibrates_on_both_sets(models, made_data, made_rafdb):
    command = ["calibrate", "--model", "seven", "--data", str(made_data)]
    assert main(command) == 0
    alone = load_card("seven")
    assert not trained_on_rafdb(alone)
    assert main([*command, "--faces", str(made_rafdb)]) == 0
    both = load_card("seven")
    assert both.second_look_below != alone.second_look_below, "random answers to all faces, not only those of FER2013"
    assert both.training["calibrated_on"]["sets"] == {"fer2013": "public-test", "rafdb": "validation"}
    assert trained_on_rafdb(both)


def test_models_trained_on_rafdb_are_calibrated_on_it(models, made_data, made_rafdb, monkeypatch, capsys):
    card = load_card("eight")
    save_card(replace(card, training={"sources": {"fer2013": 9, "rafdb": 9}}), models / "eight")
    command = ["calibrate", "--model", "eight", "--data", str(made_data)]
    monkeypatch.setattr("training.evaluation.calibrate.default_faces_dir", lambda: models / "none")
    assert main(command) == 2
    assert "python -m training faces" in capsys.readouterr().err
    monkeypatch.setattr("training.evaluation.calibrate.default_faces_dir", lambda: made_rafdb)
    assert main(command) == 0
    assert load_card("eight").training["calibrated_on"]["sets"] == {"ferplus": "public-test", "rafdb": "validation"}
    assert np.isfinite(load_card("eight").temperature)
