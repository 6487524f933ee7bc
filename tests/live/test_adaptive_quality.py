from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from emotion.live.adaptive_quality import MAX_PATIENCE_S, PATIENCE_S, SETTLE_S, STEPS, Ladder
from emotion.live.meter import Strain

EASY, BUSY, DROPPING = Strain(0.1, 0.0, 60), Strain(0.9, 0.0, 60), Strain(0.2, 0.5, 60)
BETWEEN, TOO_FEW = Strain(0.45, 0.0, 60), Strain(1.0, 1.0, 3)


def after(ladder: Ladder, strain: Strain, start_s: float, seconds: float) -> Ladder:
    """The ladder after so long under the same strain, measured ten times a second."""
    for tenth in range(round(seconds * 10)):
        ladder = ladder.after(strain, start_s + tenth / 10)
    return ladder


def test_an_easy_stream_stays_at_full_quality():
    assert after(Ladder(), EASY, 0, 600).step == 0


def test_a_busy_machine_goes_down_step_by_step_to_the_last_and_stays():
    ladder, steps = Ladder(), [0]
    for tenth in range(300):
        ladder = ladder.after(BUSY, tenth / 10)
        steps.append(ladder.step)
    assert list(dict.fromkeys(steps)) == list(range(len(STEPS)))
    assert max(b - a for a, b in itertools.pairwise(steps)) == 1
    assert after(ladder, BUSY, 30, 60) == ladder


def test_dropped_pictures_are_strain_too():
    assert after(Ladder(), DROPPING, 0, 0.1).step == 1


def test_a_step_is_given_time_to_show_what_it_brings():
    ladder = Ladder().after(BUSY, 0.0)
    assert ladder.step == 1
    assert ladder.after(BUSY, SETTLE_S - 0.01).step == 1
    assert ladder.after(BUSY, SETTLE_S).step == 2


def test_it_comes_back_once_there_was_room_for_long_enough():
    down = Ladder().after(BUSY, 0.0)
    assert after(down, EASY, 1, SETTLE_S + PATIENCE_S - 1.5).step == 1
    assert after(down, EASY, 1, SETTLE_S + PATIENCE_S + 1).step == 0


def test_neither_way_in_between():
    down = Ladder().after(BUSY, 0.0)
    assert after(down, BETWEEN, 1, 600) == down


def test_room_must_last():
    ladder = Ladder().after(BUSY, 0.0)
    for second in range(3, 303, 3):
        ladder = after(ladder, EASY, second, 2.9).after(BETWEEN, second + 2.95)
    assert ladder.step == 1


def test_few_pictures_say_nothing():
    assert after(Ladder(), TOO_FEW, 0, 60) == Ladder()


def test_a_machine_that_is_just_too_slow_swings_ever_more_seldom():
    """Full quality overloads it, the step below leaves room: the classic way to swing for ever."""
    ladder, climbs = Ladder(), []
    for tenth in range(6000):
        before, now_s = ladder.step, tenth / 10
        ladder = ladder.after(BUSY if ladder.step == 0 else EASY, now_s)
        if ladder.step < before:
            climbs.append(now_s)
    waits = [b - a for a, b in itertools.pairwise(climbs)]
    assert waits == sorted(waits)
    assert waits[-1] >= MAX_PATIENCE_S
    assert len(climbs) < 15


def test_the_last_step_still_analyses_eight_pictures_a_second():
    assert all(1 / step.rest_s >= 8 for step in STEPS if step.rest_s)


def test_every_step_asks_for_less():
    for upper, lower in itertools.pairwise(STEPS):
        assert upper.words != lower.words
        cost = [(step.rest_s, step.effort.key_frame_s, step.effort.small) for step in (upper, lower)]
        assert cost[0] < cost[1]


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1), st.floats(0, 1), st.integers(0, 100)), max_size=300))
def test_it_never_leaves_the_ladder_nor_skips_a_step(measurements):
    ladder, now_s = Ladder(), 0.0
    for passed_s, busy, dropped, pictures in measurements:
        now_s += passed_s
        following = ladder.after(Strain(busy, dropped, pictures), now_s)
        assert 0 <= following.step < len(STEPS)
        assert abs(following.step - ladder.step) <= 1
        assert PATIENCE_S <= following.patience_s <= MAX_PATIENCE_S
        ladder = following
