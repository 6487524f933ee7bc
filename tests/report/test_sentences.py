"""Sentences of the summary: each person's main expression, and moments with other ones."""

from __future__ import annotations

from emotion.report.sentences import describe
from tests.conftest import make_analysis


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
