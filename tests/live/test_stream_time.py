from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.analytics.edits import Event, Span
from emotion.live.stream_time import NO_PICTURE, ON_HOLD, Gaps, Pauses, StreamTime


def test_time_follows_the_frames_from_zero():
    time = StreamTime()
    stamps = [7.0, 7.04, 7.07, 7.5]
    assert [time(stamp, 50 + index) for index, stamp in enumerate(stamps)] == pytest.approx([0, 0.04, 0.07, 0.5])


def test_a_long_gap_is_a_gap():
    time = StreamTime()
    time(1.0, 10.0)
    assert time(61.0, 70.0) == pytest.approx(60)


@pytest.mark.parametrize("stamp", [0.0, -5.0, 4_000_000.0])
def test_a_jumping_timestamp_is_replaced_by_the_clock(stamp):
    time = StreamTime()
    time(1.0, 10.0)
    assert time(stamp, 10.5) == pytest.approx(0.5)
    assert time(stamp + 0.04, 10.54) == pytest.approx(0.54)


def test_a_frame_that_comes_late_before_an_interruption_does_not_shorten_it():
    time = StreamTime()
    for index in range(100):
        time(index / 25, 10 + index / 25 + 0.3)
    # FFmpeg gives the last frame only once reading has timed out, and the camera counts from 0 again.
    assert time(4.0, 24.0) == pytest.approx(4.0)
    assert time(0.0, 30.3) == pytest.approx(20.0)
    assert time(0.04, 30.34) == pytest.approx(20.04)


def test_a_repeated_timestamp_still_advances():
    time = StreamTime()
    assert time(1.0, 10.0) < time(1.0, 10.0)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 100)), min_size=2))
def test_time_always_increases(pictures):
    time, clock_s, times = StreamTime(), 0.0, []
    for stamp, passed_s in pictures:
        clock_s += passed_s
        times.append(time(stamp, clock_s))
    assert times[0] == 0
    assert all(a < b for a, b in itertools.pairwise(times))


def paused(arrivals: list[tuple[float, float]]) -> list[float]:
    pauses = Pauses()
    return [pauses(stamp_s, clock_s) for stamp_s, clock_s in arrivals]


def even(start: int, end: int, clock_s: float, rate: float = 25.0) -> list[tuple[float, float]]:
    """Frames numbered at 25 per second, arriving at a rate from a moment on."""
    return [(index / 25, clock_s + (index - start) / rate) for index in range(start, end)]


def test_a_pause_that_an_evenly_numbered_stream_leaves_out_is_added_a_second_later():
    times = paused([*even(0, 50, 100), *even(50, 100, 122), *even(100, 200, 130)])
    assert times[:75] == pytest.approx([index / 25 for index in range(75)])
    assert times[77:100] == pytest.approx([20 + index / 25 for index in range(77, 100)])
    assert times[130:] == pytest.approx([26 + index / 25 for index in range(130, 200)])


@pytest.mark.parametrize("rate", [35, 100, 1e6])
def test_frames_that_the_network_held_up_keep_their_times(rate):
    """Eight seconds late, then as fast as the network gives them, with a second stall in between."""
    late = even(50, 60, 110, rate)
    again = late[-1][1] + 2
    caught_up = 60 + round((again - 60 / 25 - 100) / (1 / 25 - 1 / rate))
    arrivals = [
        *even(0, 50, 100),
        *late,
        *even(60, caught_up, again, rate),
        *even(caught_up, caught_up + 100, 100 + caught_up / 25),
    ]
    assert paused(arrivals) == pytest.approx([stamp_s for stamp_s, _ in arrivals])


def test_a_stream_that_drifts_or_begins_again_has_no_pause():
    drifting = [(index / 25, index / 24) for index in range(2500)]
    assert paused(drifting) == pytest.approx([stamp_s for stamp_s, _ in drifting])
    again = [*even(0, 50, 100), *even(0, 100, 130)]
    assert paused(again) == pytest.approx([stamp_s for stamp_s, _ in again])


def gaps_of(times_s: list[float]) -> list[tuple[float, float]]:
    gaps = Gaps()
    found = [gap for time_s in times_s if (gap := gaps.add(time_s)) is not None]
    assert gaps.left_out_s == pytest.approx(sum(gap.span.end_s - gap.span.start_s for gap in found))
    return [(gap.span.start_s, gap.span.end_s) for gap in found]


def test_more_than_a_second_without_a_frame_is_a_gap():
    times = [0.0, 0.1, 0.2, 0.3, 1.2, 1.3, 6.3, 6.4, 9.4]
    assert gaps_of(times) == [pytest.approx((1.4, 6.3)), pytest.approx((6.5, 9.4))]


@pytest.mark.parametrize("every_s", [0.9, 1.1, 2.0, 20.0])
def test_a_slow_camera_has_gaps_only_where_frames_are_missing(every_s):
    times = [index * every_s for index in range(20)]
    known = [] if every_s < 3 else [(0.0, every_s)]  # after the first interval, nobody knows yet that it is slow
    assert gaps_of(times) == known
    (gap,) = gaps_of([*times, 24 * every_s])[len(known) :]
    assert gap == pytest.approx((20 * every_s, 24 * every_s))


def test_time_on_hold_is_a_gap_of_any_length():
    gaps = Gaps()
    for time_s in (0.0, 0.25):
        gaps.add(time_s)
    gaps.hold()
    assert gaps.add(1.0) == Event(ON_HOLD, Span(0.5, 1.0), excluded=True)
    assert gaps.add(1.25) is None
    assert gaps.add(9.0) == Event(NO_PICTURE, Span(1.5, 9.0), excluded=True)
