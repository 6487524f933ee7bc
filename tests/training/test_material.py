"""What training is fed: counted rows, and batches that repeat."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from emotion.errors import DatasetError
from tests.training.conftest import ROWS, made_faces
from training.datasets.face_set import FaceSet
from training.material import batches_per_epoch, endless_batches, load_material, usable_examples


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
