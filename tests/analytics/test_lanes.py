from __future__ import annotations

import numpy as np
import pytest

from emotion.analytics.lanes import (
    MAX_ROWS,
    empty_spans,
    fit_to_screen,
    longest_seen,
    resample,
    stacked_lanes,
    unclear_spans,
)
from emotion.labels import FERPLUS_LABELS
from tests.conftest import make_analysis


def test_a_short_video_keeps_every_frame(analysis):
    spans = resample(analysis.timeline, analysis.frames, 100)
    assert len(spans) == len(analysis.timeline)
    assert spans["end_s"].max() == pytest.approx(1.0)


def test_a_long_video_is_averaged_over_equal_spans():
    analysis = make_analysis([["fear"], ["anger"]] * 50)
    spans = resample(analysis.timeline, analysis.frames, 10)
    assert len(spans) == 10
    assert np.allclose(spans["p_fear"], analysis.timeline["p_fear"].mean(), atol=0.05)
    assert np.allclose(spans[[f"p_{label}" for label in FERPLUS_LABELS]].sum(axis=1), 1, atol=1e-5)


def test_lanes_are_stacked_and_break_in_gaps(analysis):
    corners = stacked_lanes(resample(analysis.timeline, analysis.frames, 100), [1, 2])
    first, second = (corners[corners["track_id"] == track] for track in (1, 2))
    assert (first["low"].min(), first["high"].max()) == (pytest.approx(0.04), pytest.approx(0.96))
    assert (second["low"].min(), second["high"].max()) == (pytest.approx(1.04), pytest.approx(1.96))
    assert first["run"].nunique() == 2
    assert not ((first["time_s"] > 0.41) & (first["time_s"] < 0.59)).any()


def test_unclear_stretches_are_per_person():
    analysis = make_analysis([["fear", "fear"], ["fear"], [], ["fear"], ["fear"]])
    spans = resample(analysis.timeline, analysis.frames, 100, 0.7)
    spans.loc[(spans["track_id"] == 1) & (spans["span"] == 3), "p_fear"] = 0.9  # the only clear answer
    found = unclear_spans(spans)
    assert found["track_id"].tolist() == [1, 1, 2]
    assert found[["start_s", "end_s"]].to_numpy().round(3).tolist() == [[0.0, 0.2], [0.4, 0.5], [0.0, 0.1]]
    assert unclear_spans(spans.assign(required=0.0)).empty


def test_a_single_frame_has_a_width():
    analysis = make_analysis([[], ["fear"], []])
    corners = stacked_lanes(resample(analysis.timeline, analysis.frames, 100), [1])
    assert corners.query("emotion == 'fear'")["time_s"].tolist() == pytest.approx([0.1, 0.2])


@pytest.mark.parametrize("people", [1, 3, 8])
def test_the_number_of_chart_rows_is_limited(people):
    analysis = make_analysis([["fear"] * people, [], ["anger"] * people] * 300)
    spans, corners = fit_to_screen(analysis.timeline, analysis.frames, list(range(1, people + 1)))
    assert 0 < len(corners) <= MAX_ROWS
    assert len(spans) <= len(corners)


def test_lanes_go_to_the_people_seen_longest():
    analysis = make_analysis([["fear", "fear", "fear"]] + [["fear", "fear"]] * 3)
    assert longest_seen(analysis.timeline, 2) == [1, 2]


def test_stretches_without_a_face(analysis):
    spans = empty_spans(analysis.frames)
    assert spans["start_s"].tolist() == pytest.approx([0.4])
    assert spans["end_s"].tolist() == pytest.approx([0.6])
    assert empty_spans(make_analysis([["fear"]] * 3).frames).empty
