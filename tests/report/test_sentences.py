"""Sentences of the summary: each person's main expression, and moments with other ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion.analytics.summary import summarise
from emotion.analytics.timeline import probability_columns, with_leading_emotion
from emotion.report.sentences import describe
from emotion.types import Analysis
from tests.conftest import leaning, make_analysis


def seconds(**labels: float) -> list[str]:
    """Return labels of frames 0.1 s apart."""
    return [label for label, length in labels.items() for _ in range(round(length * 10))]


def test_the_main_expression_and_the_moments_of_another():
    shown = [*seconds(neutral=10), *seconds(happiness=2), *seconds(neutral=17), *seconds(happiness=1)]
    assert describe(make_analysis([[label] for label in shown]), {}) == [
        "Person 1: mostly neutral; smiles at 0:10 and 0:29"
    ]


def test_names_and_two_expressions_without_a_majority():
    shown = [*seconds(neutral=4), *seconds(sadness=4), *seconds(anger=3)]
    (sentence,) = describe(make_analysis([[label] for label in shown]), {1: "Ada"})
    assert sentence.startswith("Ada: neutral 36% and sadness 36%")
    assert sentence.endswith("looks sad at 0:04; looks angry at 0:08")


def unsure(shown: list[tuple[str, float]]) -> Analysis:
    """Return an analysis with a threshold of 0.5, of frames that each show a label with a probability."""
    made = make_analysis([[label] for label, _ in shown])
    rows = np.array([leaning(label, weight) for label, weight in shown], np.float32)
    timeline = with_leading_emotion(
        made.timeline.assign(**dict(zip(probability_columns(made.labels), rows.T, strict=True)))
    )
    return replace(made, timeline=timeline, settings={"abstain_below": 0.5})


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        ([("neutral", 0.4)] * 6 + [("neutral", 0.9)] * 4, "Person 1: mostly unclear, neutral 40%"),
        ([("neutral", 0.4)] * 6, "Person 1: mostly unclear"),
        (
            [("surprise", 0.9)] * 40 + [("neutral", 0.4)] * 30 + [("fear", 0.9)] * 20 + [("anger", 0.9)] * 10,
            "Person 1: surprise 40%, unclear 30% and fear 20%; looks afraid at 0:07; looks angry at 0:09",
        ),
        (
            [("neutral", 0.9)] * 40 + [("fear", 0.9)] * 35 + [("neutral", 0.4)] * 25,
            "Person 1: neutral 40% and fear 35%; looks afraid at 0:04",
        ),
    ],
)
def test_unclear_time_is_named_with_the_shares_of_the_overview(shown, sentence):
    analysis = unsure(shown)
    assert describe(analysis, {}) == [sentence]
    for answer, share in summarise(analysis)["shares"].items():
        assert f"{answer} {share:.0%}" in sentence or answer not in sentence or f"mostly {answer}" in sentence


def test_flicker_counts_in_shares_as_in_the_overview():
    """Fear is interrupted for 0.1 s in every 0.5 s: no moment, but a fifth of the time."""
    made = make_analysis([["fear"], ["fear"], ["surprise"], ["fear"], ["fear"]] * 6 + [["neutral"]] * 25)
    assert summarise(made)["shares"]["surprise"] == pytest.approx(6 / 55)
    assert describe(made, {}) == ["Person 1: neutral 45% and fear 44%; looks afraid at 0:00"]


def test_short_flicker_is_no_moment():
    shown = [*seconds(neutral=5), *seconds(surprise=0.4), *seconds(neutral=5)]
    assert describe(make_analysis([[label] for label in shown]), {}) == ["Person 1: mostly neutral"]


def test_the_people_seen_longest_get_a_sentence():
    shown = [["neutral", "happiness", "fear", "anger", "sadness"]] * 10 + [["neutral", "happiness", "fear"]] * 10
    sentences = describe(make_analysis(shown), {})
    assert [sentence.split(":")[0] for sentence in sentences] == [
        "Person 1", "Person 2", "Person 3", "2 more people are below.",
    ]  # fmt: skip


def test_without_faces_there_are_no_sentences():
    assert describe(make_analysis([[], []]), {}) == []


def test_the_shortest_of_four_moments_is_left_out():
    shown = [
        *seconds(neutral=10, happiness=0.6), *seconds(neutral=5, surprise=0.7), *seconds(neutral=5, sadness=0.8),
        *seconds(neutral=5, anger=2),
    ]  # fmt: skip
    assert describe(make_analysis([[label] for label in shown]), {}) == [
        "Person 1: mostly neutral; looks surprised at 0:15; looks sad at 0:21; looks angry at 0:27"
    ]
