"""Distillation on augmented faces: what the teachers are asked, and what is cached. No TensorFlow."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from scipy.special import softmax

import emotion
from emotion.errors import InputError
from emotion.labels import FER2013_LABELS
from tests.training.made_models import install
from training.augment import NONE
from training.data.inputs import InputForm
from training.data.pipeline import batches_per_epoch, endless_batches, load_training_data
from training.fit.consistent_teaching import taught_versions
from training.fit.distillation import distilled
from training.recipes import ExtraSet, Recipe
from training.rounds import EVERYFACE

FORM = InputForm(48, "grey", "standardise")
RECIPE = Recipe(
    name="made", network="made", batch_size=8, teachers=("a", "b"), teacher_shares=(0.8, 0.2), teacher_versions=3
)


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    install(tmp_path / "models", "a", 1)
    install(tmp_path / "models", "b", 2)
    return tmp_path


@pytest.fixture
def examples(made_data):
    return load_training_data(made_data, RECIPE, FORM).train


def test_teachers_are_asked_about_each_version(models, examples):
    versions = taught_versions(examples, RECIPE, models, FORM)
    assert versions.images.shape == (3, *examples.images.shape)
    np.testing.assert_array_equal(versions.images[0], examples.images)
    assert not np.array_equal(versions.images[1], versions.images[2])
    first, second = (emotion.load_classifier(name).predict(list(versions.images[2])) for name in "ab")
    np.testing.assert_allclose(versions.answers[2], softmax(0.8 * np.log(first) + 0.2 * np.log(second), 1), atol=1e-5)
    assert distilled(examples, RECIPE, models) is examples, "answers about unaugmented faces would count twice"


def test_teachers_weigh_differently_for_extra_sets(models, examples):
    origin = np.arange(len(examples), dtype=np.int16) % 3
    recipe = replace(RECIPE, sets=(ExtraSet("photos", teacher_shares=(0.3, 0.7)),))
    joined = replace(examples, origin=origin, sets=("fer2013", "photos", "others"))
    answers = taught_versions(joined, recipe, models, FORM).answers[0]
    first, second = (np.log(emotion.load_classifier(name).predict(list(examples.images))) for name in "ab")
    expected = [softmax(share * first + (1 - share) * second, 1) for share in (0.3, 0.8)]
    np.testing.assert_allclose(answers, np.where(origin[:, None] == 1, *expected), atol=1e-5)


def test_answers_are_cached_for_these_teachers_and_pictures(models, examples):
    first = taught_versions(examples, RECIPE, models, FORM)
    kept = {file: file.stat().st_mtime_ns for file in models.glob("taught-*.npz")}
    assert len(kept) == 3
    again = taught_versions(examples, RECIPE, models, FORM)
    np.testing.assert_array_equal(again.images, first.images)
    np.testing.assert_array_equal(again.answers, first.answers)
    assert {file: file.stat().st_mtime_ns for file in models.glob("taught-*.npz")} == kept
    changes = (
        ({"seed": 1}, 2),  # the first version is the faces themselves
        ({"teacher_shares": (0.5, 0.5)}, 3),
        ({"augmentation": replace(RECIPE.augmentation, zoom=0.3)}, 2),
    )
    count = 3
    for change, new in changes:
        taught_versions(examples, replace(RECIPE, **change), models, FORM)
        count += new
        assert len([*models.glob("taught-*.npz")]) == count
    taught_versions(replace(examples, images=255 - examples.images), RECIPE, models, FORM)
    assert len([*models.glob("taught-*.npz")]) == count + 3, "other faces have other answers"


def test_batches_show_versions_and_a_resumed_run_the_same_ones(models, examples):
    versions = taught_versions(examples, RECIPE, models, FORM)
    steps = batches_per_epoch(examples, RECIPE)
    unbroken = list(islice(endless_batches(examples, RECIPE, FORM, 0, versions), 2 * steps))
    resumed = list(islice(endless_batches(examples, RECIPE, FORM, 1, versions), steps))
    for batch, same in zip(unbroken[steps:], resumed, strict=True):
        np.testing.assert_array_equal(batch[0], same[0])
        np.testing.assert_array_equal(batch[1], same[1])


def test_batches_show_the_pictures_that_teachers_were_asked_about(models, examples):
    still = replace(RECIPE, augmentation=replace(NONE, flip=0.5, rotation_deg=10.0))
    versions = taught_versions(examples, still, models, FORM)
    batches = islice(endless_batches(examples, still, FORM, 0, versions), 2 * batches_per_epoch(examples, still))
    pictures = versions.images.reshape(-1, 48, 48)
    prepared = FORM.prepare(np.concatenate([pictures, pictures[:, :, ::-1]]))
    assert {face.tobytes() for batch in batches for face in batch[0]} <= {face.tobytes() for face in prepared}


def test_teachers_see_faces_in_their_own_light(models, examples):
    dark = replace(RECIPE, augmentation=replace(NONE, worsen=1.0, relight=1.0, erase=1.0))
    versions = taught_versions(examples, dark, models, FORM)
    np.testing.assert_array_equal(versions.images, np.stack([examples.images] * 3))


def test_teachers_see_larger_faces_than_the_network(models, examples):
    small = InputForm(24, "grey", "standardise")
    versions, large = (taught_versions(examples, RECIPE, models, form) for form in (small, FORM))
    np.testing.assert_array_equal(versions.answers, large.answers)
    assert versions.images.shape == (3, len(examples), 24, 24)
    np.testing.assert_array_equal(small.prepare(versions.images[2]), small.prepare(large.images[2]))


def test_teachers_of_other_labels_are_refused(models, examples):
    install(models / "models", "seven", 3, labels=FER2013_LABELS)
    with pytest.raises(InputError, match=r"expected teachers that answer with neutral, .*; got seven"):
        taught_versions(examples, replace(RECIPE, teachers=("a", "seven")), models, FORM)
    assert taught_versions(examples, replace(RECIPE, teacher_versions=0), models, FORM) is None


def test_recipes_with_versions_are_checked():
    with pytest.raises(InputError, match=r"expected a share for each of 2 teachers; got \(1\.0,\)"):
        replace(RECIPE, teacher_shares=(1.0,))
    with pytest.raises(InputError, match=r"expected a share for each of 2 teachers; got \(1\.0,\)"):
        replace(RECIPE, sets=(ExtraSet("photos", teacher_shares=(1.0,)),))
    with pytest.raises(InputError, match="expected teachers in recipe made"):
        replace(RECIPE, teachers=(), teacher_shares=())
    assert Recipe.from_dict(EVERYFACE.to_dict()) == EVERYFACE
