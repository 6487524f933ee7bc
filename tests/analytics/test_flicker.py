"""Expressions of less than 0.3 s are flicker: not a change, not an episode, not a caption."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.durations import unbroken_runs
from emotion.analytics.episodes import episodes, transitions
from emotion.analytics.flicker import FLICKER_S, steady_answers
from emotion.analytics.summary import summarise
from emotion.labels import UNCLEAR
from tests.conftest import make_analysis


def answers(*runs: tuple[str, int], step_s: float = 0.1) -> list[str]:
    shown = [[label] for label, count in runs for _ in range(count)]
    return steady_answers(make_analysis(shown, step_s)).tolist()


def test_short_changes_are_merged_into_neighbours() -> None:
    assert answers(("fear", 5), ("anger", 2), ("fear", 5)) == ["fear"] * 12
    assert answers(("fear", 5), ("anger", 2), ("neutral", 6)) == ["fear"] * 5 + ["neutral"] * 8
    assert answers(("anger", 1), ("fear", 5)) == ["fear"] * 6
    assert answers(("fear", 5), ("anger", 1)) == ["fear"] * 6


def test_long_runs_and_short_appearances_stay() -> None:
    lasting = [("fear", 3), ("anger", 3), ("fear", 3)]
    assert answers(*lasting) == ["fear"] * 3 + ["anger"] * 3 + ["fear"] * 3
    assert answers(("anger", 1)) == ["anger"]
    assert answers(("fear", 1), ("anger", 1), step_s=1.0) == ["fear", "anger"], "sampled frames last longer"


def test_gaps_separate_runs() -> None:
    analysis = make_analysis([["fear"]] * 5 + [[]] + [["anger"]] * 2 + [[]] + [["fear"]] * 5)
    assert steady_answers(analysis).tolist() == ["fear"] * 5 + ["anger"] * 2 + ["fear"] * 5


def test_flicker_counts_in_no_figure() -> None:
    """Every third frame has another expression; counted as changes, these would be 155 per minute."""
    analysis = make_analysis([["happiness", "neutral"], ["happiness", "neutral"], ["neutral", "sadness"]] * 40, 0.04)
    assert summarise(analysis)["changes_per_minute"] == 0
    assert transitions(analysis).to_numpy().sum() == 0
    assert episodes(analysis)["emotion"].tolist() == ["happiness", "neutral"]
    assert summarise(analysis)["shares"]["sadness"] == pytest.approx(1 / 6), "time per expression still counts them"


def test_episode_probabilities_belong_to_the_label() -> None:
    table = episodes(make_analysis([["fear"]] * 4 + [["anger"]] + [["fear"]] * 4))
    assert table["mean_probability"].tolist() == pytest.approx([(8 * 0.65 + 0.05) / 9])
    assert table["peak_probability"].tolist() == pytest.approx([0.65])


@st.composite
def flickering(draw: st.DrawFn) -> tuple[list[list[str]], float]:
    runs = st.tuples(st.sampled_from(["fear", "anger", "neutral", None]), st.integers(1, 12))
    shown = [
        [] if label is None else [label] for label, count in draw(st.lists(runs, max_size=25)) for _ in range(count)
    ]
    return shown, draw(st.sampled_from([1 / 60, 0.04, 0.1, 0.5]))


@pytest.mark.slow
@settings(max_examples=40)
@given(flickering(), st.booleans())
def test_only_whole_appearances_are_short(given_runs: tuple[list[list[str]], float], limited: bool) -> None:
    shown, step_s = given_runs
    analysis = make_analysis(shown, step_s)
    if limited:
        unsure = np.where(np.arange(len(analysis.timeline)) % 7 < 3, 0.2, 0.65).astype(np.float32)
        timeline = analysis.timeline.assign(emotion_confidence=unsure)
        analysis = replace(analysis, timeline=timeline, settings={"abstain_below": 0.5})
    steady, stretches = steady_answers(analysis), unbroken_runs(analysis.timeline, analysis.frames)
    assert steady.index.equals(analysis.timeline.index)
    for _, mine in steady.groupby(stretches):
        lengths = mine.groupby((mine != mine.shift()).cumsum()).size() * step_s
        assert len(lengths) == 1 or lengths.min() >= FLICKER_S - 1e-6
    assert set(steady) <= {*analysis.timeline["emotion"].astype(str), UNCLEAR}
    again = replace(analysis, timeline=analysis.timeline)
    assert steady_answers(again).equals(steady)
