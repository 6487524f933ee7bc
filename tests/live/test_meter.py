from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.live.meter import WINDOW_S, Meter


def test_rates_of_an_even_stream():
    meter = Meter(0.0)
    for index in range(1, 301):
        meter.add(index / 30, 10.0 if index % 10 else 50.0, analysed=index % 2 == 0, skipped=index % 3 == 0)
    figures = meter.figures(10.0)
    assert figures.out_fps == pytest.approx(30, abs=0.3)
    assert figures.in_fps == pytest.approx(40, abs=0.3)
    assert figures.analysed_fps == pytest.approx(15, abs=0.3)
    assert figures.median_ms == 10
    assert figures.p95_ms == 50
    assert figures.dropped == 100


def test_skipped_frames_do_not_make_the_time_per_frame_look_short():
    meter = Meter(0.0)
    for index in range(1, 91):
        analysed = index % 3 == 0
        meter.add(index / 30, 20.0 if analysed else 0.1, analysed=analysed)
    assert meter.figures(3.0).median_ms == 20


def test_no_frames_have_no_times():
    figures = Meter(5.0).figures(5.0)
    assert (figures.in_fps, figures.out_fps, figures.dropped) == (0, 0, 0)
    assert math.isnan(figures.median_ms)
    assert math.isnan(figures.p95_ms)


def test_a_young_stream_is_measured_over_its_own_age():
    meter = Meter(0.0)
    for index in range(1, 31):
        meter.add(index / 30, 5.0, analysed=True)
    assert meter.figures(1.0).out_fps == pytest.approx(30)


def test_rates_of_a_stopped_stream_fall_to_zero():
    meter = Meter(0.0)
    meter.add(1.0, 5.0, analysed=True, skipped=4)
    assert meter.figures(1.0 + 2 * WINDOW_S).out_fps == 0
    assert meter.figures(1.0 + 2 * WINDOW_S).dropped == 4


def test_the_load_is_time_spent_over_time_passed():
    meter = Meter(0.0)
    for index in range(1, 61):
        meter.add(index / 30, 20.0, analysed=True, skipped=1)
    thread_load = meter.thread_load(2.0, 2.0)
    assert thread_load.busy == pytest.approx(0.6, abs=0.02)
    assert thread_load.dropped == pytest.approx(0.5)
    assert thread_load.pictures == 60


@given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 500), st.integers(0, 5)), min_size=1, max_size=200))
def test_memory_and_shares_are_bounded(pictures):
    meter, now_s = Meter(0.0), 0.0
    for step_s, ms, skipped in pictures:
        now_s += step_s
        meter.add(now_s, ms, analysed=True, skipped=skipped)
    figures, thread_load = meter.figures(now_s), meter.thread_load(now_s, 2.0)
    assert figures.in_fps >= figures.out_fps > 0
    assert figures.dropped == sum(skipped for *_, skipped in pictures)
    assert 0 <= thread_load.busy <= 1
    assert 0 <= thread_load.dropped <= 1
    lately = [
        ms
        for (_, ms, _), at_s in zip(pictures, np.cumsum([p[0] for p in pictures]), strict=True)
        if now_s - at_s < WINDOW_S
    ]
    assert min(lately) <= figures.median_ms <= figures.p95_ms <= max(lately)
