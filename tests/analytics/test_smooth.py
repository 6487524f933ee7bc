from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.apply import apply_edits
from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.smooth import METHODS, smooth, smoothed
from emotion.analytics.timeline import probability_columns, validate
from emotion.labels import FERPLUS_LABELS
from tests.conftest import make_analysis

COLUMNS = probability_columns(FERPLUS_LABELS)
shown = st.lists(st.lists(st.sampled_from(FERPLUS_LABELS), max_size=2), min_size=1, max_size=12)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(shown, st.sampled_from(METHODS), st.floats(0.05, 2))
def test_smoothing_gives_a_valid_timeline_and_keeps_the_original(labels, method, window_s):
    raw = make_analysis(labels)
    before = raw.timeline.copy()
    assert len(validate(smooth(raw.timeline, raw.frames, method, window_s))) == len(before)
    assert raw.timeline.equals(before)


@pytest.mark.parametrize("method", METHODS)
def test_constant_values_stay_constant(method):
    raw = make_analysis([["fear"]] * 5)
    assert np.allclose(smooth(raw.timeline, raw.frames, method, 0.5)[COLUMNS], raw.timeline[COLUMNS], atol=1e-6)


@pytest.mark.parametrize("method", ["mean", "median"])
def test_the_median_removes_single_frame_flicker(method):
    raw = make_analysis([["neutral"]] * 3 + [["anger"]] + [["neutral"]] * 3)
    assert set(smooth(raw.timeline, raw.frames, method, 0.5)["emotion"]) == {"neutral"}


def test_the_mean_is_the_mean_of_the_window():
    raw = make_analysis([["neutral"], ["anger"], ["neutral"]])
    middle = smooth(raw.timeline, raw.frames, "mean", 0.3)["p_anger"].iloc[1]
    assert middle == pytest.approx(raw.timeline["p_anger"].mean(), abs=1e-6)


@pytest.mark.parametrize("step_s", [0.2, 1 / 15, 1 / 30, 0.1001])
@pytest.mark.parametrize("method", ["mean", "median"])
def test_a_window_of_an_even_number_of_steps_is_centred(method, step_s):
    """Two steps wide: each value is that of itself and both neighbours. Neutral, then anger from the fifth frame on."""
    raw = make_analysis([["neutral"]] * 4 + [["anger"]] * 5, step_s)
    found = smooth(raw.timeline, raw.frames, method, 2 * step_s)["p_anger"].to_numpy(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(raw.timeline["p_anger"].to_numpy(np.float64), 3)
    expected = windows.mean(axis=1) if method == "mean" else np.median(windows, axis=1)
    assert found[1:-1] == pytest.approx(expected, abs=1e-6)


def test_exponential_weights_halve_per_half_life():
    raw = make_analysis([["neutral"], ["anger"]])
    old, new = raw.timeline["p_anger"]
    assert smooth(raw.timeline, raw.frames, "exponential", 0.1)["p_anger"].iloc[1] == pytest.approx(
        (0.5 * old + new) / 1.5, abs=1e-6
    )


def test_people_do_not_mix():
    raw = make_analysis([["fear", "happiness"]] * 4)
    assert smooth(raw.timeline, raw.frames, "mean", 2)["emotion"].tolist() == ["fear", "happiness"] * 4


def test_a_window_of_zero_changes_nothing(analysis):
    assert smooth(analysis.timeline, analysis.frames, "mean", 0).equals(analysis.timeline)


@pytest.mark.parametrize("method", METHODS)
def test_smoothing_does_not_cross_gaps(method):
    raw = make_analysis([["anger"]] * 3 + [[]] + [["fear"]] * 3)
    assert np.allclose(smooth(raw.timeline, raw.frames, method, 1.0)[COLUMNS], raw.timeline[COLUMNS], atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_smoothing_does_not_cross_excluded_time(method):
    raw = make_analysis([["anger"]] * 3 + [["neutral"]] + [["fear"]] * 3)
    cut = apply_edits(raw, Edits(events=(Event("break", Span(0.3, 0.4), excluded=True),)))
    assert np.allclose(smoothed(cut, method, 1.0).timeline[COLUMNS], cut.timeline[COLUMNS], atol=1e-6)
