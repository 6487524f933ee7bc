"""Test-time augmentation: which models use it, and for how many faces."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from emotion.models.registry import EVALUATION_FILE, load_card, model_dir
from emotion.vision.classify import LiteRTClassifier, margins
from training.data.pipeline import read_role
from training.datasets.readers.parquet import default_data_dir
from training.evaluation.calibrate import TTA_SHARE, truth_for, with_tta
from training.evaluation.flip_tta import tta_cost


@pytest.fixture(scope="module")
def faces(shared_data):
    return read_role(default_data_dir(), "validation")


def test_tta_is_used_for_the_least_confident_tenth(faces):
    card, images = load_card("ferplus-resvgg"), list(faces.images)
    once = LiteRTClassifier(card, tta=False).logits(images)
    truth = truth_for(card.labels, faces)
    chosen, again = with_tta(replace(card, second_look_below=0.0), once, images, truth)
    # int8 logits are quantised, so many faces may be exactly at the limit.
    assert np.mean(margins(once) < chosen.second_look_below) == pytest.approx(TTA_SHARE, abs=0.02)
    right = [np.mean(each.argmax(axis=1)[truth >= 0] == truth[truth >= 0]) for each in (once, again)]
    assert right[1] > right[0]
    with_card = LiteRTClassifier(chosen).logits(images[:400])
    assert np.mean(again[:400].argmax(axis=1) == with_card.argmax(axis=1)) > 0.999


def test_tta_is_off_without_a_gain(faces):
    images = list(faces.images[:40])
    card = replace(load_card("default"), second_look_below=0.0)
    logits = LiteRTClassifier(card).logits(images)
    chosen, kept = with_tta(card, logits, images, logits.argmax(axis=1).astype(np.int8))
    assert chosen.second_look_below == 0
    np.testing.assert_array_equal(kept, logits)


def test_tta_is_off_without_labelled_faces():
    images = list(np.random.default_rng(0).integers(0, 256, (12, 48, 48), np.uint8))
    card = replace(load_card("default"), second_look_below=0.0)
    logits = LiteRTClassifier(card).logits(images)
    nobody_knows = np.full(12, -1, np.int8)
    assert with_tta(card, logits, images, nobody_knows) == (card, logits)


def test_ensemble_members_use_their_own_tta_margin(faces):
    card = load_card("fer2013-ensemble")
    logits = np.zeros((9, 7), np.float32)
    assert with_tta(card, logits, list(faces.images[:9]), np.zeros(9, np.int8)) == (card, logits)


def test_the_cost_is_the_time_of_both_pictures(monkeypatch):
    clock = [0.0]

    def logits_of(images):
        clock[0] += 0.002 * len(images)
        return np.zeros((len(images), 8), np.float32)

    monkeypatch.setattr("emotion.evaluation.timing.time.perf_counter", lambda: clock[0])
    cost = tta_cost(logits_of, np.zeros((5, 48, 48), np.uint8))
    assert cost == {"ms": 2.0, "ms_flipped": 4.0, "factor": 2.0}


def test_the_time_per_face_includes_tta():
    evaluation = json.loads((model_dir("default") / EVALUATION_FILE).read_text(encoding="utf-8"))
    assert evaluation["second_look_below"] == load_card("default").second_look_below > 0
    assert evaluation["ms_per_face"] == evaluation["flip"]["cost"]["ms"] < evaluation["flip"]["cost"]["ms_flipped"]
