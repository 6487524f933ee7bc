"""The lab's tabs for face parts and architecture search, empty and filled."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from emotion.labels import FER2013_LABELS
from emotion.models.face_parts import PartCard, part_models_dir
from tests.charts.test_search import NETWORK
from tests.lab_models import make_lab, make_model, make_record
from tests.pages.test_pages import page, texts


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("ui.lab.data.DATASETS", tmp_path / "datasets")
    monkeypatch.setattr("ui.lab.search.CANDIDATES", tmp_path / "search" / "candidates.csv")
    return tmp_path


@pytest.mark.slow
def test_missing_results_show_a_command_instead_of_a_tab(folders):
    test = page("model_lab")
    assert [tab.label for tab in test.tabs] == ["Your models"]
    words = texts(test)
    assert "No model of face parts is installed" in words
    assert "python -m training search --evolve" in words
    write_candidates(folders)
    make_lab(folders / "models")
    test = page("model_lab")
    assert [tab.label for tab in test.tabs] == ["Models", "Compare", "Your models", "Architecture search"]
    assert "python -m training search --evolve" not in texts(test)


def test_a_card_of_face_parts(folders):
    folder = part_models_dir() / "resunet"
    folder.mkdir(parents=True)
    scores = {
        "dice": {"brows": 0.8, "eyes": 0.9},
        "iou": {"brows": 0.7, "eyes": 0.8},
        "mean_dice": 0.85,
        "ms_per_face": 2.0,
        "file_bytes": 600_000,
    }
    frame = ((0.3, 0.3), (0.7, 0.3), (0.5, 0.5), (0.4, 0.7), (0.6, 0.7))
    card = PartCard(
        "resunet", "Face parts", ("brows", "eyes"), 96, "standardise", frame, "model.tflite", "0" * 64, 1_000_000,
        200_000_000, "Research use.", {"hours": 0.2}, scores,
    )  # fmt: skip
    (folder / "card.json").write_text(json.dumps(card.to_dict()), encoding="utf-8")
    pd.DataFrame({"epoch": [1, 2], "score": [0.5, 0.8], "loss": [1.0, 0.6]}).to_csv(folder / "history.csv", index=False)
    shown = page("model_lab")
    assert {"Mean Dice": "85.0%", "File": "0.60 MB"}.items() <= {one.label: one.value for one in shown.metric}.items()
    assert "Research use." in texts(shown)


def write_candidates(folder: Path) -> None:
    file = folder / "search" / "candidates.csv"
    file.parent.mkdir()
    pd.DataFrame(
        {
            "candidate": [1, 2], "generation": [0, 1], "accuracy": [0.5, 0.6], "ms_per_face": [0.4, 0.8],
            "network": NETWORK, "input_size": 48, "parameters": 90_000, "file_bytes": 110_000,
        }
    ).to_csv(file, index=False)  # fmt: skip


def test_the_search_shows_its_winner(folders):
    write_candidates(folders)
    shown = page("model_lab")
    words = texts(shown)
    assert "2 networks in 2 generations" in words
    assert "A stem of 8 filters, then 1 × 16 filters of 3×3; 2 × 32 filters of 5×5" in words
    assert {"ms per face": "0.80"}.items() <= {one.label: one.value for one in shown.metric}.items()


@pytest.mark.slow
def test_fully_trained_networks_are_compared_with_equal_class_counts(folders):
    write_candidates(folders)
    models = make_lab(folders / "models")
    before = len(page("model_lab").dataframe)
    int8 = {"fer2013": {"private-test": make_record(FER2013_LABELS)}}
    make_model(models, "bred", FER2013_LABELS, int8, training={"recipe": {"network": NETWORK}})
    shown = page("model_lab")
    tables = [one.value for one in shown.dataframe]
    assert len(tables) == before + 1
    assert any(set(table.get("model", ())) == {"bred", "eight", "seven"} for table in tables)
    assert "Found by architecture search: bred." in texts(shown)


def test_a_foreign_table_is_reported(folders):
    file = folders / "search" / "candidates.csv"
    file.parent.mkdir()
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    assert any("Expected candidates" in one.value for one in page("model_lab").error)
