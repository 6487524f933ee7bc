"""The training data pipeline: row counts, and reproducible batches."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np

from tests.training.conftest import ROWS
from training.data.inputs import InputForm
from training.data.pipeline import _blend, batches_per_epoch, endless_batches, load_training_data

FORM = InputForm(48, "grey", "standardise")


def test_dropped_rows_are_counted(made_data, tiny_recipe):
    training_data = load_training_data(made_data, tiny_recipe, FORM)
    assert training_data.counts == {"read": ROWS["train"], "leaked": 1, "without_target": 1, "used": 38}
    assert len(training_data.train) == 38
    assert len(load_training_data(made_data, tiny_recipe, FORM, limit=10).validation) == 10


def test_an_epoch_depends_only_on_its_number(made_data, tiny_recipe):
    examples = load_training_data(made_data, tiny_recipe, FORM).train
    steps = batches_per_epoch(examples, tiny_recipe)
    unbroken = list(islice(endless_batches(examples, tiny_recipe, FORM), 3 * steps))
    resumed = list(islice(endless_batches(examples, tiny_recipe, FORM, first_epoch=2), steps))
    for (faces, shares, _), (same_faces, same_shares, _) in zip(unbroken[2 * steps :], resumed, strict=True):
        np.testing.assert_array_equal(faces, same_faces)
        np.testing.assert_array_equal(shares, same_shares)
    assert not np.array_equal(unbroken[0][0], unbroken[steps][0])


def test_rare_classes_are_weighted_or_oversampled(made_data, tiny_recipe):
    examples = load_training_data(made_data, replace(tiny_recipe, targets="labels"), FORM).train
    rare = int(np.bincount(examples.heads[0].truth, minlength=7).argmin())
    weighed = next(endless_batches(examples, replace(tiny_recipe, class_weights=True, batch_size=38), FORM))
    assert weighed[2][weighed[1].argmax(axis=1) == rare].min() == weighed[2].max() > 1
    drawn = islice(endless_batches(examples, replace(tiny_recipe, oversample=True, batch_size=38), FORM), 60)
    shares = np.mean([batch[1].mean(axis=0) for batch in drawn], axis=0)
    np.testing.assert_allclose(shares, 1 / 7, atol=0.03)


def test_mixup_blends_each_face_and_its_targets_by_one_share():
    ones, weights = np.eye(12, dtype=np.float32), np.ones(12, np.float32)
    faces, targets, kept = _blend((ones, ones, weights), 0.4, np.random.default_rng(0))
    np.testing.assert_array_equal(faces, targets)
    np.testing.assert_allclose(kept, weights)
    np.testing.assert_allclose(faces.sum(axis=1), 1, rtol=1e-6)
    share = np.diag(faces).min()  # a face mixed with itself has 1 there
    assert 0 < share < 1
    assert set(np.unique(faces.round(5))) <= set(np.float32([0, share, 1 - share, 1]).round(5))


def test_the_recipe_enables_mixup(made_data, tiny_recipe):
    examples = load_training_data(made_data, tiny_recipe, FORM).train
    plain = next(endless_batches(examples, tiny_recipe, FORM))
    mixed = next(endless_batches(examples, replace(tiny_recipe, mixup=0.4), FORM))
    assert (mixed[1] > 0).sum() > (plain[1] > 0).sum()


def test_small_grey_faces_are_resized_and_coloured(made_data, tiny_recipe):
    form = InputForm(64, "rgb", "symmetric")
    examples = load_training_data(made_data, tiny_recipe, form).train
    faces, _, _ = next(endless_batches(examples, tiny_recipe, form))
    assert (faces.shape, faces.dtype) == ((16, 64, 64, 3), np.float32)
    assert -1 <= faces.min() < faces.max() <= 1
