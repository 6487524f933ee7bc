"""Initial weights from an epoch of another run."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from emotion.errors import ModelError
from emotion.labels import FER2013_LABELS, FERPLUS_LABELS
from training.fit.checkpoints import SETTINGS_FILE, RunFolder
from training.fit.snapshots import is_of_run, start_from_run
from training.networks import build_network, find_network


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The weights of a run with a head for each label set, and its network."""
    run = RunFolder(tmp_path_factory.mktemp("two-heads"))
    recipe = replace(find_network("shallow").recipe, input_size=24)
    heads = {"ferplus": FERPLUS_LABELS, "fer2013": FER2013_LABELS}
    settings = {"recipe": recipe.to_dict(), "heads": heads}
    (run.path / SETTINGS_FILE).write_text(json.dumps(settings), encoding="utf-8")
    model = build_network("shallow", 15, 24)
    model.save_weights(run.averaged_file(7))
    return run.averaged_file(7), model


def test_a_network_with_one_of_the_heads_answers_alike(stored):
    file, source = stored
    faces = np.random.default_rng(0).normal(size=(4, *source.input_shape[1:])).astype(np.float32)
    expected = source.predict_on_batch(faces)
    for labels, column in ((FERPLUS_LABELS, slice(0, 8)), (FER2013_LABELS, slice(8, 15))):
        model = build_network("shallow", len(labels), 24)
        assert (
            start_from_run(model, file, [labels])
            == f"weights of shallow from {file.name} of the run {file.parent.name}"
        )
        np.testing.assert_allclose(model.predict_on_batch(faces), expected[:, column], atol=1e-5)


def test_a_head_with_new_labels_keeps_its_random_weights(stored):
    file, source = stored
    model = build_network("shallow", 10, 24)
    before = model.layers[-1].get_weights()[0]
    start_from_run(model, file, [FERPLUS_LABELS, ("yes", "no")])
    after, known = model.layers[-1].get_weights()[0], source.layers[-1].get_weights()[0]
    np.testing.assert_array_equal(after[:, :8], known[:, :8])
    np.testing.assert_array_equal(after[:, 8:], before[:, 8:])


def test_weights_of_another_network_are_refused(stored):
    file, _ = stored
    with pytest.raises(ModelError, match=r"expected weights of fourconv; those in .* are of shallow"):
        start_from_run(build_network("fourconv", 8), file, [FERPLUS_LABELS])


def test_only_files_beside_a_runs_settings_are_of_a_run(stored, tmp_path):
    file, _ = stored
    assert is_of_run(file)
    assert not is_of_run(file.with_name("model.weights.h5"))
    assert not is_of_run(tmp_path / file.name)
