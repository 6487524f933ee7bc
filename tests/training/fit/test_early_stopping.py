"""Early stopping and learning-rate reduction, with and without a resume."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from training.fit.early_stopping import EarlyStopping, ReduceOnPlateau, has_stopped
from training.fit.optimise import Phase, compile_for, phases
from training.recipes import classic_recipe

RECIPE = classic_recipe("made", patience=3, plateau=2, epochs=20)
ROWS = [
    {"epoch": epoch, "public_accuracy": accuracy, "public_loss": 1 - accuracy}
    for epoch, accuracy in enumerate((0.3, 0.5, 0.4, 0.4, 0.45, 0.4), start=1)
]


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    return compile_for(model, RECIPE, Phase(0, 20, "all", 0.01), steps=1)


def outcome(model, known, still_to_come):
    """Return the learning rate after all rows, and whether training stopped, for a run that resumes after `known`."""
    callbacks = [ReduceOnPlateau(2, known, 0.01), EarlyStopping(3, known)]
    for callback in callbacks:
        callback.set_model(model)
        callback.on_train_begin()
    model.stop_training = False
    for row in still_to_come:
        for callback in callbacks:
            callback.on_epoch_end(row["epoch"] - 1, dict(row))
    return float(model.optimizer.learning_rate), model.stop_training


def test_a_resumed_run_stops_like_an_uninterrupted_one(model):
    unbroken = outcome(model, [], ROWS[:5])
    assert unbroken == (pytest.approx(0.005), True)
    assert [outcome(model, ROWS[:cut], ROWS[cut:5]) for cut in range(1, 5)] == [unbroken] * 4


def test_a_stopped_run_stays_stopped():
    assert [has_stopped(RECIPE, ROWS[:n]) for n in range(1, 7)] == [False] * 4 + [True] * 2
    assert not has_stopped(replace(RECIPE, patience=0), ROWS)


def test_initial_weights_are_frozen_at_first():
    recipe = replace(RECIPE, frozen_epochs=5, fine_tuning=0.1)
    assert phases(recipe, pretrained=False) == (Phase(0, 20, "all", 1e-3),)
    assert [(p.first, p.last, p.trained) for p in phases(recipe, pretrained=True)] == [(0, 5, "head"), (5, 20, "tuned")]
    assert len(phases(replace(recipe, epochs=3), pretrained=True)) == 1
