"""What training is fed: counted rows, repeatable variations, normalised pixels."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import islice

import numpy as np
import pytest

from emotion.errors import DatasetError, ModelError
from emotion.vision.normalise import normalise
from tests.training.conftest import ROWS, made_faces
from training.augment import Augmentation
from training.datasets.face_set import FaceSet
from training.material import batches_per_epoch, endless_batches, load_material, usable_examples

STILL = Augmentation(**{field.name: 0.0 for field in fields(Augmentation)})


def test_rows_are_counted_where_they_are_left_out(made_data):
    material = load_material(made_data, limit=None, seed=0)
    assert material.counts == {"read": ROWS["train"], "leaked": 1, "without_usable_votes": 1, "used": 38}
    assert len(material.train) == 38
    assert len(load_material(made_data, limit=10, seed=0).public) == 10


def test_faces_without_votes_cannot_be_learned_from():
    faces = FaceSet("train", made_faces(2, 0), np.zeros(2, np.int8), None)
    with pytest.raises(DatasetError, match="expected FER\\+ votes"):
        usable_examples(faces)


def test_an_epoch_depends_on_its_number_alone(made_data, tiny_recipe):
    examples = load_material(made_data, limit=None, seed=0).train
    steps = batches_per_epoch(examples, tiny_recipe)
    unbroken = list(islice(endless_batches(examples, tiny_recipe), 3 * steps))
    resumed = list(islice(endless_batches(examples, tiny_recipe, first_epoch=2), steps))
    for (faces, shares), (same_faces, same_shares) in zip(unbroken[2 * steps :], resumed, strict=True):
        np.testing.assert_array_equal(faces, same_faces)
        np.testing.assert_array_equal(shares, same_shares)
    assert not np.array_equal(unbroken[0][0], unbroken[steps][0])


def test_nothing_is_varied_where_every_amount_is_zero():
    images = made_faces(5, 0)
    np.testing.assert_array_equal(STILL.apply(images, np.random.default_rng(0)), images)


def test_flip_alone_mirrors():
    images = made_faces(5, 0)
    flipped = replace(STILL, flip=1.0).apply(images, np.random.default_rng(0))
    np.testing.assert_array_equal(flipped, images[:, :, ::-1])


def test_erasing_alone_covers_one_rectangle_and_leaves_the_input():
    images = made_faces(20, 0)
    kept = images.copy()
    erased = replace(STILL, erase=1.0, erase_share=0.4).apply(images, np.random.default_rng(0))
    np.testing.assert_array_equal(images, kept)
    changed = erased != images
    assert changed.any(axis=(1, 2)).all()
    assert changed.any(axis=2).sum(axis=1).max() <= 20


@pytest.mark.parametrize("shape", [(7, 48, 48), (7, 48, 48, 3)])
def test_variations_keep_shape_and_repeat_with_the_seed(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    varied = Augmentation().apply(images, np.random.default_rng(3))
    assert (varied.shape, varied.dtype) == (shape, np.uint8)
    np.testing.assert_array_equal(varied, Augmentation().apply(images, np.random.default_rng(3)))


def test_standardised_crops_have_no_mean_and_unit_variance():
    faces = normalise(made_faces(9, 0), "standardise")
    assert (faces.shape, faces.dtype) == ((9, 48, 48, 1), np.float32)
    np.testing.assert_allclose(faces.mean(axis=(1, 2, 3)), 0, atol=1e-3)
    np.testing.assert_allclose(faces.std(axis=(1, 2, 3)), 1, atol=1e-3)


def test_standardising_bounds_its_range_and_blows_up_no_noise():
    spike = np.zeros((1, 48, 48), np.uint8)
    spike[0, 20, 20] = 255
    assert normalise(spike, "standardise").max() == 4
    noise = np.random.default_rng(0).integers(100, 102, (1, 48, 48), np.uint8)
    assert normalise(noise, "standardise").std() < 0.2
    assert not normalise(np.full((1, 48, 48), 9, np.uint8), "standardise").any()


def test_other_normalisations_by_hand():
    colour = np.full((1, 2, 2, 3), 255, np.uint8)
    assert normalise(colour, "unit").max() == 1
    assert normalise(colour * 0, "symmetric").min() == -1
    assert normalise(colour, "unit").shape == (1, 2, 2, 3)
    with pytest.raises(ModelError, match="got 'whitened'"):
        normalise(colour, "whitened")
    with pytest.raises(ValueError, match="expected uint8 crops"):
        normalise(colour.astype(np.float32), "unit")
