from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.apply import apply_edits
from emotion.analytics.durations import row_durations, unbroken_runs
from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.episodes import episodes, row_shares, transitions
from emotion.analytics.summary import summarise
from emotion.labels import FERPLUS_LABELS, UNCLEAR
from tests.conftest import make_analysis

shown = st.lists(st.lists(st.sampled_from(FERPLUS_LABELS[:3]), max_size=2), min_size=1, max_size=14)
without_gaps = st.lists(st.sampled_from(FERPLUS_LABELS[:3]), min_size=1, max_size=20)


def test_known_episodes():
    table = episodes(make_analysis([["fear"], ["fear"], [], ["fear"], ["anger"]], 0.5))
    assert table["emotion"].tolist() == ["fear", "fear", "anger"]
    assert table["start_s"].tolist() == pytest.approx([0.0, 1.5, 2.0])
    assert table["end_s"].tolist() == pytest.approx([1.0, 2.0, 2.5])
    assert table["frames"].tolist() == [2, 1, 1]
    assert table["mean_probability"].tolist() == pytest.approx([0.65] * 3)


def test_a_peak_is_the_largest_probability_and_the_mean_is_the_mean():
    analysis = make_analysis([["fear"], ["fear"]])
    confidence = np.array([0.5, 0.9], np.float32)
    table = episodes(replace(analysis, timeline=analysis.timeline.assign(emotion_confidence=confidence)))
    assert table.loc[0, ["mean_probability", "peak_probability"]].tolist() == pytest.approx([0.7, 0.9])


def test_episodes_are_per_person(analysis):
    table = episodes(analysis)
    assert table["track_id"].tolist() == [1, 1, 2]
    assert table["duration_s"].tolist() == pytest.approx([0.4, 0.4, 0.4])


def test_short_episodes_are_left_out_and_not_added_to_others():
    analysis = make_analysis([["fear"]] * 6 + [["anger"]] * 4 + [["fear"]] * 6)
    table = episodes(analysis, min_s=0.5)
    assert table["duration_s"].tolist() == pytest.approx([0.6, 0.6])


def test_an_episode_of_exactly_the_shortest_length_stays():
    """Twelve frames at 30 fps from 7.83 s on: 0.4 s, which rounding turns into 0.39999 s."""
    shown = [["neutral"]] * 235 + [["contempt"]] * 12 + [["neutral"]] * 30
    analysis = make_analysis(shown, step_s=1 / 30)
    exact = episodes(analysis, 12 / 30)
    assert exact["emotion"].tolist() == ["neutral", "contempt", "neutral"]
    assert exact["duration_s"].min() < 12 / 30, "the sum is rounded down"
    assert episodes(analysis, 0.41)["emotion"].tolist() == ["neutral", "neutral"]


def test_unclear_answers_are_separate_episodes():
    analysis = make_analysis([["fear"], ["anger"]])
    table = episodes(replace(analysis, settings={"abstain_below": 0.7}))
    assert table["emotion"].tolist() == [UNCLEAR]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(shown)
def test_episodes_cover_exactly_the_rows(labels):
    analysis = make_analysis(labels)
    table = episodes(analysis)
    assert table["frames"].sum() == len(analysis.timeline)
    assert table["duration_s"].sum() == pytest.approx(row_durations(analysis.timeline, analysis.frames).sum())
    for _, mine in table.groupby("track_id"):
        assert (mine["start_s"].to_numpy()[1:] >= mine["end_s"].to_numpy()[:-1] - 1e-9).all()


def test_runs_end_at_gaps_and_at_excluded_time():
    analysis = make_analysis([["fear"]] * 2 + [[]] + [["fear"]] * 4)
    assert unbroken_runs(analysis.timeline, analysis.frames).tolist() == [1, 1, 2, 2, 2, 2]
    cut = apply_edits(analysis, Edits(events=(Event("break", Span(0.4, 0.5), excluded=True),)))
    assert unbroken_runs(cut.timeline, cut.frames).tolist() == [1, 1, 2, 3, 3]


def test_known_transitions():
    counts = transitions(make_analysis([[name] for name in ("fear", "anger", "fear", "anger", "neutral")], 0.5))
    assert counts.loc["fear", "anger"] == 2
    assert (counts.loc["anger", "fear"], counts.loc["anger", "neutral"]) == (1, 1)
    assert counts.to_numpy().sum() == 4
    shares = row_shares(counts)
    assert (shares.loc["anger", "fear"], shares.loc["fear", "anger"], shares.loc["neutral"].sum()) == (0.5, 1.0, 0.0)


def test_transitions_do_not_cross_gaps_or_people():
    assert transitions(make_analysis([["fear"], [], ["anger"]], 0.5)).to_numpy().sum() == 0
    assert transitions(make_analysis([["fear", "anger"]] * 3, 0.5)).to_numpy().sum() == 0


def test_transitions_of_one_person():
    analysis = make_analysis([["fear", "neutral"], ["anger", "neutral"], ["anger", "fear"]], 0.5)
    assert transitions(analysis, track=1).stack().loc[lambda counts: counts > 0].to_dict() == {("fear", "anger"): 1}
    assert transitions(analysis).to_numpy().sum() == 2


def test_transitions_skip_unclear_answers():
    analysis = make_analysis([["fear"], ["anger"], ["fear"]], 0.5)
    confidence = np.array([0.65, 0.3, 0.65], np.float32)
    timeline = analysis.timeline.assign(emotion_confidence=confidence)
    unclear = replace(analysis, timeline=timeline, settings={"abstain_below": 0.5})
    assert transitions(unclear).to_numpy().sum() == 0


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(without_gaps)
def test_transitions_are_the_changes(labels):
    analysis = make_analysis([[label] for label in labels])
    counts = transitions(analysis)
    person = summarise(analysis)["tracks"][0]
    assert counts.to_numpy().sum() == len(episodes(analysis)) - 1
    assert counts.to_numpy().sum() == pytest.approx((person["changes_per_minute"] or 0) * person["seconds"] / 60)
    assert not np.diag(counts).any()
