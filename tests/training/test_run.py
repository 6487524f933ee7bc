"""A small run from training to a scored int8 file, and a run that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

from emotion.errors import InputError, ModelError
from emotion.models.registry import load_card
from training.cli.main import main
from training.export import export as export_module
from training.fit.checkpoints import RunFolder
from training.fit.snapshots import load_averaged
from training.fit.train import train

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run(made_data, tiny_recipe, tmp_path_factory):
    recipe = replace(tiny_recipe, network="fourconv")  # the fewest multiply-adds
    return RunFolder(train(recipe, made_data, tmp_path_factory.mktemp("runs")))


@pytest.fixture
def models(tmp_path, monkeypatch):
    """An empty folder of models. After two epochs on noise, int8 may disagree with float."""
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path))
    monkeypatch.setattr(export_module, "MIN_AGREEMENT", 0.0)
    monkeypatch.setattr(export_module, "REPRESENTATIVE_FACES", 8)
    return tmp_path


def test_a_run_records_every_epoch_and_its_settings(run):
    history = pd.read_csv(run.path / "history.csv")
    assert history["epoch"].tolist() == [1, 2]
    assert history["learning_rate"].iloc[-1] == pytest.approx(0, abs=1e-3)
    assert run.settings()["counts"]["leaked"] == 1
    assert run.settings()["command"].startswith("python -m training")


def test_averaged_weights_are_not_the_last_ones(run):
    import keras

    last = keras.models.load_model(run.model_file(2)).get_weights()
    averaged = load_averaged(run, 2).get_weights()
    assert not np.array_equal(last[0], averaged[0])


def test_export_then_evaluate(run, made_data, models, capsys):
    data = ["--data", str(made_data)]
    assert main(["export", "--run", str(run.path), "--name", "tiny", *data]) == 0
    card = load_card("tiny")
    assert (card.input_size, card.colour, card.normalisation) == (48, "grey", "standardise")
    assert (card.parameters, card.training["seed"]) == (834_696, 2024)
    assert 0 <= card.abstain_below <= 1
    assert not card.scores

    assert main(["evaluate", "--model", "tiny", *data]) == 0
    assert "PrivateTest" in capsys.readouterr().out
    evaluation = json.loads((models / "tiny" / "evaluation.json").read_text())
    private = evaluation["int8"]["ferplus"]["private-test"]
    assert private["n"] == 16
    assert len(private["reliability"]["after"]) == 15
    assert private["abstention"]["abstain_below"] == card.abstain_below
    assert evaluation["float"]["ferplus"]["private-test"]["coverage_curve"][0][0] == 1.0
    cost = evaluation["flip"]["cost"]
    assert cost["factor"] == pytest.approx(cost["ms_flipped"] / cost["ms"], abs=1e-3)
    assert list(evaluation["float"]) == list(evaluation["int8"]) == ["ferplus", "fer2013"]
    assert "contempt" not in evaluation["int8"]["fer2013"]["private-test"]["per_class"]
    worse = evaluation["robustness"]["ferplus"]["private-test"]
    assert worse["clean"]["accuracy"] == private["accuracy"]
    assert {"blur", "sunglasses", "mask"} < set(worse)
    assert evaluation["copies"]["private-test"]["copied"] == 1
    assert load_card("tiny").scores["ferplus_accuracy"] == round(private["accuracy"], 4)
    assert (models / "tiny" / "history.csv").read_bytes() == (run.path / "history.csv").read_bytes()


def test_a_model_is_exported_with_a_calibration_on_two_data_sets(run, made_data, made_rafdb, models):
    data = ["--data", str(made_data), "--faces", str(made_rafdb)]
    assert main(["export", "--run", str(run.path), "--name", "tiny", *data]) == 0
    card = load_card("tiny")
    assert card.training["calibrated_on"]["sets"] == {"ferplus": "public-test", "rafdb": "validation"}
    assert 0 < card.abstain_below <= 1
    assert main(["evaluate", "--model", "tiny", *data]) == 0
    evaluation = json.loads((models / "tiny" / "evaluation.json").read_text())
    assert evaluation["float"]["rafdb"]["test"]["n"] == 28, "the float parent is scored as well"
    assert evaluation["abstention"]["limit"] == card.abstain_below


def test_a_file_too_large_to_commit_is_exported_with_4_bit_kernels(run, made_data, models, monkeypatch, capsys):
    export = ["export", "--run", str(run.path), "--name", "tiny", "--data", str(made_data)]
    main(export)
    assert "int4_kernels" not in load_card("tiny").training
    limit = (models / "tiny" / "model.tflite").stat().st_size - 500
    monkeypatch.setattr(export_module, "LARGEST_FILE_BYTES", limit)
    main(export)
    inputs, outputs = largest_dense_kernel(load_averaged(run))
    assert load_card("tiny").training["int4_kernels"] == [[inputs, outputs]]
    assert (models / "tiny" / "model.tflite").stat().st_size < limit
    assert f"dense {inputs}×{outputs}" in capsys.readouterr().out


def largest_dense_kernel(model):
    kernels = [layer.kernel.shape for layer in model.layers if type(layer).__name__ == "Dense"]
    assert len(kernels) == 2
    return max(kernels, key=np.prod)


def test_scores_of_a_missing_float_network_are_kept(run, made_data, models):
    data = ["--data", str(made_data)]
    main(["export", "--run", str(run.path), "--name", "tiny", *data])
    main(["evaluate", "--model", "tiny", *data])
    file = models / "tiny" / "evaluation.json"
    measured = json.loads(file.read_text())["float"]
    (models / "tiny" / "model.keras").unlink()
    main(["evaluate", "--model", "tiny", *data])
    assert measured is not None
    assert json.loads(file.read_text())["float"] == measured


def test_an_int8_file_that_disagrees_is_refused():
    logits = np.eye(4, dtype=np.float32)
    with pytest.raises(ModelError, match=r"expected int8 and float to answer alike .* got 0\.0%"):
        export_module._expect_agreement(logits, np.roll(logits, 1, axis=1))


def test_a_run_without_an_epoch_cannot_be_exported(made_data, tmp_path):
    with pytest.raises(InputError, match="at least one finished epoch"):
        export_module.export(RunFolder(tmp_path), "tiny", made_data, "Tiny")


def test_a_killed_run_resumes_with_the_same_command(made_data, tmp_path):
    command = [sys.executable, "-m", "training", "train", "--name", "killed", "--runs", str(tmp_path)]
    command += ["--data", str(made_data), "--model", "vgg-half", "--epochs", "4", "--batch-size", "16"]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any(line.startswith("epoch 1/4") for line in process.stdout)
        process.send_signal(signal.SIGKILL)
    run = RunFolder(tmp_path / "killed")
    interrupted_at = run.state()["epoch"]
    assert 1 <= interrupted_at < 4

    assert main(command[3:]) == 0
    history = pd.read_csv(run.path / "history.csv")
    assert history["epoch"].tolist() == [1, 2, 3, 4]
    assert run.settings()["recipe"]["epochs"] == 4
