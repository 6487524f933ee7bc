"""Every frame has one time, later than the previous one; correct time stamps are kept."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.vision.decode.clock import Clock, Repairs

STEP = 0.04
EVEN = [STEP * index for index in range(100)]


def mend(stamps: list[float | None], start_s: float = 0.0) -> tuple[list[float], Repairs]:
    clock = Clock(start_s, STEP, 10.0)
    return [time_s for time_s, _ in clock.times(stamps, lambda stamp: stamp)], clock.repairs


def test_correct_stamps_are_kept() -> None:
    uneven = [0.0, 0.02, 0.5, 0.54, 3.0, 3.04, 9.0, 9.001]
    times, mended = mend(uneven)
    assert times == uneven
    assert not mended


def test_times_count_from_the_start_of_the_file() -> None:
    times, mended = mend([1.5 + stamp for stamp in EVEN], start_s=1.0)
    assert times == pytest.approx([0.5 + stamp for stamp in EVEN])
    assert not mended


@pytest.mark.parametrize("place", [0, 1, 30, 98, 99])
@pytest.mark.parametrize("by_s", [1000.0, 2.0, 0.3])
def test_a_late_stamp_is_interpolated(place: int, by_s: float) -> None:
    stamps = list(EVEN)
    stamps[place] += by_s
    times, mended = mend(stamps)
    if place == 99 and by_s < 10:
        # No later frame can contradict it.
        assert times[:99] == pytest.approx(EVEN[:99])
        return
    assert times == pytest.approx(EVEN)
    assert (mended.wrong, mended.jumps_s) == (1, [])


@pytest.mark.parametrize("by_s", [-1000.0, -1.0, -0.3])
def test_an_early_stamp_is_interpolated(by_s: float) -> None:
    stamps = list(EVEN)
    stamps[50] += by_s
    times, mended = mend(stamps)
    assert times == pytest.approx(EVEN)
    assert (mended.wrong, mended.jumps_s) == (1, [])


def test_a_few_wrong_stamps_in_a_row() -> None:
    stamps = [stamp + 1000 * (index in {30, 31, 32}) for index, stamp in enumerate(EVEN)]
    times, mended = mend(stamps)
    assert times == pytest.approx(EVEN)
    assert mended.wrong == 3


@pytest.mark.parametrize("by_s", [1000.0, -1000.0, -2.0])
def test_time_continues_after_a_jump(by_s: float) -> None:
    times, mended = mend([stamp + by_s * (index >= 50) for index, stamp in enumerate(EVEN)])
    assert times == pytest.approx(EVEN)
    assert mended.jumps_s == pytest.approx([2.0])


def test_a_clock_that_restarts_repeatedly() -> None:
    times, mended = mend(EVEN[:20] * 5)
    assert times == pytest.approx(EVEN)
    assert mended.jumps_s == pytest.approx([0.8, 1.6, 2.4, 3.2])


def test_repeated_or_missing_stamps() -> None:
    times, mended = mend([0.0] * 100)
    assert times == pytest.approx(EVEN)
    assert mended.still == 99
    times, mended = mend([None] * 100)
    assert times == pytest.approx(EVEN)
    assert mended.missing == 100
    times, mended = mend([None if index % 3 else stamp for index, stamp in enumerate(EVEN)])
    assert times == pytest.approx(EVEN)
    assert mended.missing == 66


def test_a_long_gap_with_sound_is_kept() -> None:
    stamps = [*EVEN, 500.0, 500.04]
    clock = Clock(0.0, STEP, 10.0, is_real=lambda first_s, last_s: (round(first_s), last_s) == (4, 500.0))
    assert [time_s for time_s, _ in clock.times(stamps, lambda stamp: stamp)] == pytest.approx(stamps)
    assert not clock.repairs


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=60))
def test_no_frame_is_lost_and_times_increase(stamps: list[float | None]) -> None:
    times, _ = mend(stamps)
    assert len(times) == len(stamps)
    assert all(math.isfinite(time_s) and time_s >= 0 for time_s in times)
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
