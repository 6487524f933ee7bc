"""Compiling a network for a phase of training."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

from tests.training.small_network import build_small
from training.fit.losses import HeadsCrossentropy
from training.fit.optimise import Phase, compile_for
from training.recipes import ADAM, SGD, Recipe


@pytest.mark.parametrize("optimizer", [ADAM, SGD])
def test_all_steps_share_one_trace(optimizer):
    traces = []

    class CountingLoss(HeadsCrossentropy):
        def call(self, y_true, y_pred):
            traces.append(y_pred)
            return super().call(y_true, y_pred)

    recipe = Recipe(name="made", network="made", optimizer=optimizer)
    model = compile_for(build_small((8, 8, 1), 3), recipe, Phase(0, 2, "all", 0.01), 2, CountingLoss((3,)))
    faces, targets = np.ones((8, 8, 8, 1), np.float32), np.eye(3, dtype=np.float32)[np.arange(8) % 3]
    model.fit(faces, targets, batch_size=4, epochs=2, verbose=0)
    assert int(model.optimizer.iterations.numpy()) == 4
    assert len(traces) == 1
