"""Versions of faces with the teachers' answers about each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.augment import FLIPS
from training.data.versions import Versions

FACES, VERSIONS, LABELS = 5, 3, 4


@pytest.fixture
def versions():
    """Pictures and answers state their version and face; the left half of each picture is dark."""
    number = 10 * np.arange(VERSIONS)[:, None] + np.arange(FACES)
    images = np.repeat(number.astype(np.uint8), 16, axis=1).reshape(VERSIONS, FACES, 4, 4) + 100
    images[..., :2] -= 100
    answers = np.repeat(number[..., None], LABELS, axis=2).astype(np.float32)
    return Versions(images, answers, weight=0.75, augmentation=FLIPS)


def test_picture_and_answer_belong_together(versions):
    rows = np.tile(np.arange(FACES), 60)
    images, targets = versions.draw(rows, np.zeros((len(rows), LABELS + 2), np.float32), np.random.default_rng(0))
    numbers = images.min(axis=(1, 2))
    np.testing.assert_allclose(targets[:, :LABELS], 0.75 * np.repeat(numbers[:, None], LABELS, axis=1))
    np.testing.assert_array_equal(numbers % 10, rows)
    assert set(numbers // 10) == set(range(VERSIONS))
    is_mirrored = images[:, 0, 0] > images[:, 0, -1]
    assert 0.4 < is_mirrored.mean() < 0.6


def test_only_the_first_heads_targets_are_mixed(versions):
    own = np.full((1, LABELS + 2), 0.4, np.float32)
    given = own.copy()
    _, targets = versions.draw(np.array([0]), given, np.random.default_rng(0))
    np.testing.assert_array_equal(targets[:, LABELS:], own[:, LABELS:])
    assert targets[0, 0] in (np.float32([0, 10, 20]) * 0.75 + 0.1).tolist()
    np.testing.assert_array_equal(given, own)


def test_appearance_changes_whenever_a_face_is_shown_and_its_answer_stays(versions):
    covered = replace(versions, augmentation=replace(FLIPS, erase=1.0, erase_share=0.5))
    rows, rng = np.zeros(20, int), np.random.default_rng(0)
    targets = np.zeros((20, LABELS), np.float32)
    images, answers = covered.draw(rows, targets, rng)
    assert not np.isin(images, versions.images).all()
    assert not np.array_equal(images, covered.draw(rows, targets, rng)[0])
    assert set(answers[:, 0].tolist()) == {0.0, 7.5, 15.0}
