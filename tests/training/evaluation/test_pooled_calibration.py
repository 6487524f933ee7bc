"""Temperature and threshold fitted on several data sets of equal weight."""

from __future__ import annotations

import numpy as np
import pytest

from emotion.errors import DatasetError
from emotion.labels import FER2013_LABELS
from emotion.types import ModelCard
from training.evaluation.pooled_calibration import (
    CALIBRATED_ON,
    RIGHT_ANSWERS,
    SetAnswers,
    abstention_by_set,
    fit_on_sets,
    set_weights,
)

CARD = ModelCard(
    "m", "m", FER2013_LABELS, 48, "grey", "unit", "aligned", 1.0, "model.tflite", "0", 1, None, "", {"run": "r"}
)


def answers(name: str, count: int, seed: int, noise: float, boast: float = 1.0) -> SetAnswers:
    """Return answers that are calibrated at a temperature of `boast`, with a share of wrong labels."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(count, 7)) * 2.5
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(7, p=row) for row in shares])
    wrong = rng.random(count) < noise
    truth[wrong] = rng.integers(0, 7, wrong.sum())
    split = {"fer2013": "public-test", "rafdb": "validation"}[name]
    return SetAnswers(name, split, (logits * boast).astype(np.float32), truth.astype(np.int8))


@pytest.fixture(scope="module")
def sets():
    return [answers("fer2013", 6000, 0, 0.05), answers("rafdb", 1500, 1, 0.1)]


def test_the_threshold_is_the_lowest_with_the_required_accuracy_on_each_set(sets):
    card = fit_on_sets(CARD, sets)
    found = abstention_by_set(card, sets)
    shares = [row["validation"]["accuracy"] for row in found["sets"].values()]
    assert min(shares) >= RIGHT_ANSWERS
    assert min(shares) == pytest.approx(RIGHT_ANSWERS, abs=0.01)
    lower = abstention_by_set(fit_lower(card), sets)["sets"]
    assert min(row["validation"]["accuracy"] for row in lower.values()) < RIGHT_ANSWERS
    assert card.abstain_below == round(card.abstain_below, 4) == found["limit"]
    record = {"sets": {"fer2013": "public-test", "rafdb": "validation"}, "right_answers": RIGHT_ANSWERS}
    assert card.training == {"run": "r", CALIBRATED_ON: record}


def fit_lower(card: ModelCard) -> ModelCard:
    return ModelCard.from_dict(card.to_dict() | {"abstain_below": card.abstain_below - 0.01})


def test_the_harder_set_decides_the_threshold(sets):
    alone = fit_on_sets(CARD, sets[:1])
    harder = answers("rafdb", 300, 2, 0.25)
    assert fit_on_sets(CARD, [sets[0], harder]).abstain_below > alone.abstain_below + 0.05


def test_the_temperature_is_between_those_of_the_sets():
    calm, boasting = answers("fer2013", 6000, 3, 0, 1.0), answers("rafdb", 1500, 4, 0, 3.0)
    temperatures = [fit_on_sets(CARD, [one]).temperature for one in (calm, boasting)]
    assert temperatures == pytest.approx([1.0, 3.0], rel=0.1)
    both = fit_on_sets(CARD, [calm, boasting]).temperature
    more = SetAnswers("fer2013", "public-test", np.tile(calm.logits, (4, 1)), np.tile(calm.truth, 4))
    assert temperatures[0] < both < temperatures[1]
    assert fit_on_sets(CARD, [more, boasting]).temperature == pytest.approx(both, abs=0.01), (
        "each set has the same weight"
    )


def test_no_answer_is_more_likely_wrong_than_right():
    rng = np.random.default_rng(5)
    sure = np.arange(2000) % 10 > 0  # nine of ten are sure and right; the others are unsure and mostly wrong
    truth = rng.integers(0, 7, 2000)
    logits = np.eye(7)[truth] * 6 * sure[:, None] + rng.normal(size=(2000, 7)) * 0.3
    one = SetAnswers("fer2013", "public-test", logits.astype(np.float32), truth.astype(np.int8))
    card = fit_on_sets(CARD, [one, one])
    row = abstention_by_set(card, [one])["sets"]["fer2013"]["validation"]
    assert row["coverage"] == pytest.approx(0.9, abs=0.02)
    assert row["accuracy"] > 0.98


def test_faces_without_a_label_count_in_no_figure(sets):
    extra = SetAnswers(
        "rafdb", "validation", np.concatenate([sets[1].logits, np.ones((90, 7), np.float32)]),
        np.concatenate([sets[1].truth, np.full(90, -1, np.int8)]),
    )  # fmt: skip
    assert fit_on_sets(CARD, [sets[0], extra]) == fit_on_sets(CARD, sets)
    assert abstention_by_set(CARD, [extra]) == abstention_by_set(CARD, [sets[1]])


def test_a_set_without_the_models_labels_is_refused(sets):
    unknown = SetAnswers("rafdb", "validation", np.ones((3, 7), np.float32), np.full(3, -1, np.int8))
    with pytest.raises(DatasetError, match="in each set; rafdb has none"):
        fit_on_sets(CARD, [sets[0], unknown])
    assert abstention_by_set(CARD, [unknown])["sets"] == {}


def test_weights_of_each_set_sum_to_one():
    assert set_weights([2, 4]).tolist() == [0.5, 0.5, 0.25, 0.25, 0.25, 0.25]
