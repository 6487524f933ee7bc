from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from emotion.live.adaptive_quality import LEVELS, MAX_PATIENCE_S, PATIENCE_S, SETTLE_S, AdaptiveQuality
from emotion.live.meter import ThreadLoad

EASY, BUSY, DROPPING = ThreadLoad(0.1, 0.0, 60), ThreadLoad(0.9, 0.0, 60), ThreadLoad(0.2, 0.5, 60)
BETWEEN, TOO_FEW = ThreadLoad(0.45, 0.0, 60), ThreadLoad(1.0, 1.0, 3)


def after(quality: AdaptiveQuality, thread_load: ThreadLoad, start_s: float, seconds: float) -> AdaptiveQuality:
    """Return the quality level after a time under constant load, updated ten times per second."""
    for tenth in range(round(seconds * 10)):
        quality = quality.after(thread_load, start_s + tenth / 10)
    return quality


def test_an_easy_stream_stays_at_full_quality():
    assert after(AdaptiveQuality(), EASY, 0, 600).level == 0


def test_high_load_lowers_the_level_step_by_step():
    quality, levels = AdaptiveQuality(), [0]
    for tenth in range(300):
        quality = quality.after(BUSY, tenth / 10)
        levels.append(quality.level)
    assert list(dict.fromkeys(levels)) == list(range(len(LEVELS)))
    assert max(b - a for a, b in itertools.pairwise(levels)) == 1
    assert after(quality, BUSY, 30, 60) == quality


def test_dropped_frames_lower_the_level():
    assert after(AdaptiveQuality(), DROPPING, 0, 0.1).level == 1


def test_the_level_waits_for_the_effect_of_a_step():
    quality = AdaptiveQuality().after(BUSY, 0.0)
    assert quality.level == 1
    assert quality.after(BUSY, SETTLE_S - 0.01).level == 1
    assert quality.after(BUSY, SETTLE_S).level == 2


def test_low_load_raises_the_level_again():
    down = AdaptiveQuality().after(BUSY, 0.0)
    assert after(down, EASY, 1, SETTLE_S + PATIENCE_S - 1.5).level == 1
    assert after(down, EASY, 1, SETTLE_S + PATIENCE_S + 1).level == 0


def test_medium_load_keeps_the_level():
    down = AdaptiveQuality().after(BUSY, 0.0)
    assert after(down, BETWEEN, 1, 600) == down


def test_low_load_must_last():
    quality = AdaptiveQuality().after(BUSY, 0.0)
    for second in range(3, 303, 3):
        quality = after(quality, EASY, second, 2.9).after(BETWEEN, second + 2.95)
    assert quality.level == 1


def test_few_frames_do_not_change_the_level():
    assert after(AdaptiveQuality(), TOO_FEW, 0, 60) == AdaptiveQuality()


def test_failed_upgrades_double_the_wait():
    """Full quality overloads the machine and the next level does not, so the level could oscillate forever."""
    quality, climbs = AdaptiveQuality(), []
    for tenth in range(6000):
        before, now_s = quality.level, tenth / 10
        quality = quality.after(BUSY if quality.level == 0 else EASY, now_s)
        if quality.level < before:
            climbs.append(now_s)
    waits = [b - a for a, b in itertools.pairwise(climbs)]
    assert waits == sorted(waits)
    assert waits[-1] >= MAX_PATIENCE_S
    assert len(climbs) < 15


def test_the_lowest_level_analyses_eight_frames_a_second():
    assert all(1 / level.rest_s >= 8 for level in LEVELS if level.rest_s)


def test_every_level_costs_less():
    for upper, lower in itertools.pairwise(LEVELS):
        assert upper.words != lower.words
        cost = [(level.rest_s, level.effort.key_frame_s, level.effort.small) for level in (upper, lower)]
        assert cost[0] < cost[1]


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1), st.floats(0, 1), st.integers(0, 100)), max_size=300))
def test_levels_stay_in_range_and_change_by_one(measurements):
    quality, now_s = AdaptiveQuality(), 0.0
    for passed_s, busy, dropped, pictures in measurements:
        now_s += passed_s
        following = quality.after(ThreadLoad(busy, dropped, pictures), now_s)
        assert 0 <= following.level < len(LEVELS)
        assert abs(following.level - quality.level) <= 1
        assert PATIENCE_S <= following.patience_s <= MAX_PATIENCE_S
        quality = following
