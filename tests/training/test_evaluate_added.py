"""An imported model is calibrated and scored like a shipped one."""

from __future__ import annotations

import json

from emotion.evaluation.scores import load_evaluation
from emotion.imported_models.importer import CardDetails, import_model
from emotion.labels import FERPLUS_LABELS
from emotion.models.registry import imported_models_dir, load_card, models_dir
from tests.tflite_files import classifier
from training.cli.main import main


def test_an_added_model_is_scored_and_calibrated(made_data, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    file = tmp_path / "own.tflite"
    file.write_bytes(classifier(8, probabilities=True))
    import_model(file, CardDetails("own", FERPLUS_LABELS, "unit"))

    assert main(["evaluate", "--model", "own", "--data", str(made_data)]) == 0
    assert "PrivateTest" in capsys.readouterr().out
    evaluation = json.loads((imported_models_dir() / "own" / "evaluation.json").read_text())
    assert evaluation == load_evaluation("own")
    assert evaluation["int8"]["ferplus"]["private-test"]["n"] == 16
    assert load_card("own").scores["ferplus_accuracy"] >= 0
    assert load_card("own").outputs == "probabilities"
    assert not (models_dir() / "own").exists()

    assert main(["calibrate", "--model", "own", "--data", str(made_data)]) == 0
    card = load_card("own")
    assert (card.temperature == 1, card.scores) == (False, {}), "scores were measured with the previous temperature"
    assert f"temperature {card.temperature}, unclear below {card.abstain_below}" in capsys.readouterr().out
