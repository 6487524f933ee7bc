from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.apply import apply_edits, merged_into, with_duration
from emotion.analytics.behaviour.span_figures import behaviour_of, person_figures
from emotion.analytics.durations import COUNTED, counted_durations
from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.lanes import empty_spans, resample, stacked_lanes
from emotion.analytics.summary import summarise
from emotion.analytics.timeline import validate
from emotion.errors import InputError
from emotion.labels import FERPLUS_LABELS
from emotion.types import Analysis
from tests.conftest import make_analysis

shown = st.lists(st.lists(st.sampled_from(FERPLUS_LABELS), max_size=3), min_size=1, max_size=12)
moments = st.floats(0, 1.3, allow_nan=False)
spans = st.tuples(moments, moments).map(lambda ends: Span(min(ends), max(ends)))
events = st.lists(st.builds(Event, st.just("x"), spans, st.booleans()), max_size=3).map(tuple)
# Merges only into lower numbers, so they are never circular.
merges = st.fixed_dictionaries({}, optional={2: st.just(1), 3: st.sampled_from([1, 2])})
edits = st.builds(Edits, merged=merges, hidden=st.frozensets(st.integers(1, 3)), events=events)


def excluding(*ends: float) -> Edits:
    return Edits(events=(Event("break", Span(*ends), excluded=True),))


def same(a: Analysis, b: Analysis) -> bool:
    return a.timeline.equals(b.timeline) and a.frames.equals(b.frames)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(shown, edits)
def test_applying_edits_is_idempotent_and_keeps_the_original(labels, edits):
    raw = make_analysis(labels)
    before = replace(raw, timeline=raw.timeline.copy(), frames=raw.frames.copy())
    once = apply_edits(raw, edits)
    validate(once.timeline)
    assert once.frames["faces"].sum() == len(once.timeline)
    assert same(apply_edits(once, edits), once)
    assert same(raw, before)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(shown)
def test_no_edits_change_nothing(labels):
    raw = make_analysis(labels)
    unchanged = apply_edits(raw, Edits())
    if len(labels) == 1:
        unchanged = replace(unchanged, frames=unchanged.frames.drop(columns=COUNTED))
    assert same(unchanged, raw)


def test_a_single_frame_counts_for_the_frame_interval():
    raw = make_analysis([["happiness"]])
    for counted in (apply_edits(raw, Edits()), with_duration(raw)):
        summary = summarise(counted)
        assert summary["analysed_s"] == summary["tracks"][0]["seconds"] == pytest.approx(1 / raw.info.fps)
    assert summarise(apply_edits(raw, excluding(0, 0.01)))["analysed_s"] == 0


def stating(analysis: Analysis, duration_s: float, **facts) -> Analysis:
    """Return an analysis of a video of a stated length, with other facts of the analysis."""
    return replace(analysis, info=replace(analysis.info, duration_s=duration_s), **facts)


@pytest.mark.parametrize("duration_s", [2.567, 2.0, 4.0, 9.0])
def test_the_last_frame_lasts_until_the_end_of_the_video(duration_s):
    """Two frames, at 0 and 2 s, as with two seconds between analysed frames; the last may last 0 to 20 such steps."""
    coarse = stating(make_analysis([["fear"], ["happiness"]], step_s=2.0), duration_s)
    expected = duration_s if duration_s > 2 else 4
    for counted in (coarse, with_duration(coarse), apply_edits(coarse, Edits())):
        summary = summarise(counted)
        assert summary["analysed_s"] == summary["tracks"][0]["seconds"] == pytest.approx(expected)
        assert summary["shares"]["fear"] == pytest.approx(2 / expected)
        assert person_figures(behaviour_of(counted))["seen_s"].tolist() == pytest.approx([expected])


@pytest.mark.parametrize(
    ("duration_s", "facts", "last_s"),
    [
        (0.6, {"settings": {"end_s": 0.45}}, 0.15),
        (0.6, {"settings": {"end_s": None}}, 0.3),
        (0.6, {"complete": False}, 0.1),
        (0.35, {"complete": False}, 0.05),
        (60.0, {}, 0.1),
        (0.2, {}, 0.1),
    ],
    ids=["end of the part", "no part", "incomplete", "incomplete at the end", "far too long", "too short"],
)
def test_the_last_frame_lasts_as_long_as_is_known(duration_s, facts, last_s):
    """Frames at 0 to 0.3 s, 0.1 s apart."""
    counted = with_duration(stating(make_analysis([["fear"]] * 4), duration_s, **facts))
    assert counted_durations(counted.frames).tolist() == pytest.approx([0.1, 0.1, 0.1, last_s])


def test_a_single_frame_of_a_coarse_analysis_lasts_until_the_end():
    one = make_analysis([["fear"]])
    coarse = replace(one, settings={"fps": 0.5})
    assert summarise(stating(coarse, 1.5))["analysed_s"] == pytest.approx(1.5)
    assert summarise(stating(coarse, 90.0))["analysed_s"] == pytest.approx(2.0)
    assert summarise(stating(one, 0.0, settings={"every": 5}))["analysed_s"] == pytest.approx(0.5)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(shown, spans)
def test_excluded_spans_change_nothing_outside(labels, span):
    raw = make_analysis(labels)
    edited = apply_edits(raw, excluding(span.start_s, span.end_s))
    outside = (raw.timeline["time_s"] < span.start_s) | (raw.timeline["time_s"] >= span.end_s)
    pd.testing.assert_frame_equal(edited.timeline, raw.timeline[outside].reset_index(drop=True))


def test_of_two_faces_in_one_frame_the_more_confident_one_stays():
    raw = make_analysis([["fear", "anger"], ["fear", "anger"], ["fear"]])
    sure = raw.timeline.assign(face_confidence=np.array([0.9, 0.8, 0.7, 0.95, 0.6], np.float32))
    edited = apply_edits(replace(raw, timeline=sure), Edits(merged={2: 1}))
    assert edited.timeline["emotion"].tolist() == ["fear", "anger", "fear"]
    assert set(edited.timeline["track_id"]) == {1}
    assert edited.frames["faces"].tolist() == [1, 1, 1]


def test_chains_of_merges_are_followed():
    assert merged_into({1: 2, 2: 3}) == {1: 3, 2: 3}


@pytest.mark.parametrize("circle", [{1: 1}, {1: 2, 2: 1}, {3: 1, 1: 2, 2: 1}])
def test_circular_merges_are_refused(circle):
    with pytest.raises(InputError, match="cycle"):
        apply_edits(make_analysis([["fear"]]), Edits(merged=circle))


def test_hidden_people_count_in_no_figure(analysis):
    summary = summarise(apply_edits(analysis, Edits(hidden=frozenset({1}))))
    assert [track["track_id"] for track in summary["tracks"]] == [2]
    assert summary["shares"]["surprise"] == 1
    assert (summary["frames"], summary["frames_with_face"]) == (10, 4)


def test_hiding_one_track_keeps_the_persons_others(analysis):
    edited = apply_edits(analysis, Edits(merged={2: 1}, hidden=frozenset({2})))
    assert edited.timeline["emotion"].tolist() == ["happiness"] * 4 + ["neutral"] * 4


def test_excluded_time_does_not_count(analysis):
    # Frames at 0.2 to 0.5 s: two smiles and the two frames without a face.
    summary = summarise(apply_edits(analysis, excluding(0.2, 0.6)))
    assert (summary["frames"], summary["frames_without_face"]) == (6, 0)
    assert summary["analysed_s"] == pytest.approx(0.6)
    assert summary["tracks"][0]["seconds"] == pytest.approx(0.6)
    assert summary["shares"]["happiness"] == pytest.approx(2 / 10)


def test_a_frame_before_an_excluded_span_counts_until_its_start(analysis):
    edited = apply_edits(analysis, excluding(0.25, 0.6))
    assert edited.frames["counted_s"].tolist() == pytest.approx([0.1, 0.1, 0.05, 0.1, 0.1, 0.1, 0.1])
    assert summarise(edited)["tracks"][0]["seconds"] == pytest.approx(0.65)


def test_everything_can_be_excluded(analysis):
    summary = summarise(apply_edits(analysis, excluding(0, 60)))
    assert (summary["frames"], summary["analysed_s"], summary["dominant"]) == (0, 0.0, None)


def test_an_excluded_moment_has_no_effect(analysis):
    assert apply_edits(analysis, excluding(0.2, 0.2)).timeline.equals(analysis.timeline)


def test_lanes_are_empty_in_excluded_time():
    analysis = apply_edits(make_analysis([["fear"]] * 6), excluding(0.2, 0.4))
    corners = stacked_lanes(resample(analysis.timeline, analysis.frames, 100), [1])
    assert corners.groupby("run")["time_s"].max().tolist() == pytest.approx([0.2, 0.6])
    assert corners.groupby("run")["time_s"].min().tolist() == pytest.approx([0.0, 0.4])


def test_faceless_stretches_end_at_excluded_time():
    spans = empty_spans(apply_edits(make_analysis([[]] * 6), excluding(0.2, 0.4)).frames)
    assert spans["start_s"].tolist() == pytest.approx([0.0, 0.4])
    assert spans["end_s"].tolist() == pytest.approx([0.2, 0.6])
