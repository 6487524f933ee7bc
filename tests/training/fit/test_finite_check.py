"""A diverging training stops with one sentence and is never exported."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from emotion.errors import InputError, ModelError
from training.cli.main import main
from training.fit.finite_check import DivergedError, StopIfNotFinite, expect_finite, non_finite_weight


@pytest.fixture
def model():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="d")])
    network.compile("sgd", "mse")
    return network


def fit(model, targets, rate=0.01):
    model.optimizer.learning_rate = rate
    faces = np.ones((8, 4), np.float32)
    model.fit(faces, targets, batch_size=2, epochs=2, verbose=0, callbacks=[StopIfNotFinite()])


def test_a_finite_training_continues(model):
    fit(model, np.ones((8, 3), np.float32))
    assert non_finite_weight(model) is None
    expect_finite(model, "it")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_non_finite_loss_stops_at_once(model, bad):
    with pytest.raises(DivergedError, match=r"finite loss; got (nan|inf) at step 1; choose a lower --learning-rate"):
        fit(model, np.full((8, 3), bad, np.float32))
    assert issubclass(DivergedError, InputError)


def test_non_finite_weights_after_an_epoch_stop_the_run(model):
    stop = StopIfNotFinite()
    stop.set_model(model)
    model.layers[-1].bias.assign([0.0, np.inf, 0.0])
    with pytest.raises(DivergedError, match=r"finite weights; .*bias has others after epoch 3"):
        stop.on_epoch_end(2)
    with pytest.raises(ModelError, match=r"finite weights in epoch-3; .*bias"):
        expect_finite(model, "epoch-3")


def test_the_command_reports_it_and_saves_no_checkpoint(made_data, tmp_path, capsys):
    options = ["--model", "shallow", "--data", str(made_data), "--runs", str(tmp_path), "--name", "n"]
    assert main(["train", *options, "--epochs", "1", "--learning-rate", "1e30"]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert "choose a lower --learning-rate" in line
    assert not list((tmp_path / "n").glob("*.h5"))
    assert main(["export", "--run", str(tmp_path / "n"), "--data", str(made_data)]) == 2
    assert "at least one finished epoch" in capsys.readouterr().err
