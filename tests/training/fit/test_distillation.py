"""Distillation: how teachers' answers change targets. No TensorFlow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import emotion
from emotion.errors import InputError
from emotion.labels import FER2013_LABELS
from emotion.models.registry import load_card
from tests.training.made_models import install
from training.data.inputs import InputForm
from training.data.pipeline import load_training_data
from training.fit.distillation import distilled, teacher_digests
from training.recipes import Recipe

RECIPE = Recipe(name="made", network="made", targets="both", teachers=("a", "b"))


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    install(tmp_path / "models", "a", 1)
    install(tmp_path / "models", "b", 2)
    install(tmp_path / "models", "seven", 3, labels=FER2013_LABELS)
    return tmp_path


@pytest.fixture
def examples(made_data):
    return load_training_data(made_data, RECIPE, InputForm(48, "grey", "standardise")).train


def answers(name, examples):
    return emotion.load_classifier(name).predict(list(examples.images))


def test_targets_include_the_mean_of_the_teachers(models, examples):
    voted, labelled = distilled(examples, replace(RECIPE, teacher_weight=0.25), models).heads
    own, mean = examples.heads[0].shares, (answers("a", examples) + answers("b", examples)) / 2
    np.testing.assert_allclose(voted.shares, 0.75 * own + 0.25 * mean, atol=1e-6)
    assert labelled is examples.heads[1]
    np.testing.assert_array_equal(voted.truth, examples.heads[0].truth)


def test_each_head_learns_from_the_teachers_of_its_labels(models, examples):
    voted, labelled = distilled(examples, replace(RECIPE, teachers=("a", "seven"), teacher_weight=1.0), models).heads
    np.testing.assert_allclose(voted.shares, answers("a", examples), atol=1e-6)
    np.testing.assert_allclose(labelled.shares, answers("seven", examples), atol=1e-6)


def test_a_face_without_a_target_has_the_teachers_weight(models, examples):
    unknown = ~examples.heads[0].shares.any(axis=1)
    assert unknown.sum() == 1
    voted = distilled(examples, RECIPE, models).heads[0]
    np.testing.assert_allclose(voted.shares.sum(axis=1), np.where(unknown, 0.5, 1.0), atol=1e-5)


def test_answers_are_cached_in_the_runs_folder(models, examples):
    first = distilled(examples, RECIPE, models)
    (kept,) = models.glob("teachers-*.npz")
    written = kept.stat().st_mtime_ns
    np.testing.assert_array_equal(distilled(examples, RECIPE, models).shares, first.shares)
    assert kept.stat().st_mtime_ns == written
    distilled(examples, replace(RECIPE, teachers=("a",)), models)
    assert len(list(models.glob("teachers-*.npz"))) == 2
    distilled(replace(examples, images=255 - examples.images), RECIPE, models)
    assert len(list(models.glob("teachers-*.npz"))) == 3, "other faces have other answers"


def test_unknown_teachers_are_refused(models, examples):
    assert distilled(examples, replace(RECIPE, teachers=()), models) is examples
    assert teacher_digests(()) is None
    assert teacher_digests(("a", "seven")) == {name: load_card(name).sha256 for name in ("a", "seven")}
    install(models / "models", "two", 4, labels=("anger", "fear"))
    with pytest.raises(InputError, match=r"expected teachers that answer with neutral, .* or anger, .*; got two"):
        distilled(examples, replace(RECIPE, teachers=("a", "two")), models)
    with pytest.raises(InputError, match=r"from 0 to 1; got 1\.5"):
        replace(RECIPE, teacher_weight=1.5)
