"""Synchrony of two tracks with known lags, and against shuffled pairs."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from emotion.errors import InputError
from emotion.studies.statistics.synchrony import (
    against_shifts,
    against_shuffled_pairs,
    correlation,
    cross_correlation,
    synchrony,
    together,
)

RATE = 10.0


def smooth(samples: int, seed: int, width: int = 5) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 1, samples + width - 1)
    return np.convolve(noise, np.ones(width) / width, "valid")


@pytest.mark.parametrize("late", [-7, 0, 12])
def test_the_lag_of_a_delayed_copy_is_found(late: int) -> None:
    first = smooth(600, 1)
    second = np.roll(first, late) + 0.05 * smooth(600, 2)
    found = synchrony(cross_correlation(first, second, RATE))
    assert found.lag_s == pytest.approx(late / RATE)
    assert found.r > 0.95
    assert (found.first_leads > 0.9, found.second_leads > 0.9) == (late > 0, late < 0)


def test_correlations_are_those_of_numpy_in_each_window() -> None:
    first, second = smooth(200, 3), smooth(200, 4)
    found = cross_correlation(first, second, RATE, window_s=3, max_lag_s=1, step_s=0.5)
    assert found.r.shape == (len(found.times), 21)
    for window in (0, 7):
        start = round(found.times[window] * RATE - 15)
        for lag in (0, 10, 17):
            at = start + lag - 10
            theirs = np.corrcoef(first[start : start + 30], second[at : at + 30])[0, 1]
            assert found.r[window, lag] == pytest.approx(theirs, abs=1e-6)


def test_missing_samples_and_constant_tracks_have_no_correlation() -> None:
    first, second = smooth(300, 5), smooth(300, 6)
    first[100:200] = np.nan
    found = cross_correlation(first, second, RATE)
    inside = (found.times > 11) & (found.times < 19)
    assert np.isnan(found.r[inside]).all()
    assert synchrony(found).windows < len(found.times)
    with pytest.raises(InputError, match="expected tracks that vary"):
        synchrony(cross_correlation(np.ones(300), second, RATE))


def test_smiling_together() -> None:
    first, second = np.array([0.9, 0.9, 0.1, np.nan]), np.array([0.8, 0.2, 0.9, 0.9])
    assert together(first, second, 0.5) == pytest.approx(1 / 3)
    assert np.isnan(together([np.nan], [1.0], 0.5))


def test_real_pairs_against_shuffled_ones() -> None:
    first = np.stack([smooth(300, seed) for seed in range(12)])
    second = first + np.stack([smooth(300, 100 + seed) for seed in range(12)])
    found = against_shuffled_pairs(first, second, permutations=999)
    assert found.p == 0.001
    assert found.real > 0.5 > abs(found.shuffled) + 0.3
    stranger = against_shuffled_pairs(first, np.roll(second, 1, axis=0), permutations=999)
    assert stranger.p > 0.05
    smiles = against_shuffled_pairs(first, second, partial(together, threshold=0.3), permutations=999)
    assert smiles.p < 0.01
    assert smiles.real > smiles.shuffled


def test_common_reactions_are_not_synchrony() -> None:
    """Everybody reacts to the same film, so real pairs are no more synchronous than shuffled ones."""
    film = smooth(300, 1)
    first = np.stack([film + smooth(300, 10 + seed) for seed in range(10)])
    second = np.stack([film + smooth(300, 50 + seed) for seed in range(10)])
    found = against_shuffled_pairs(first, second, permutations=999)
    assert found.real > 0.3
    assert found.p > 0.05


def test_one_pair_against_itself_shifted() -> None:
    first = smooth(400, 7)
    assert against_shifts(first, first + smooth(400, 8)).p < 0.05
    assert against_shifts(first, smooth(400, 9)).p > 0.05
    with pytest.raises(InputError, match="expected tracks that vary"):
        against_shifts(np.ones(50), np.ones(50))


def test_refusals_say_what_was_expected() -> None:
    with pytest.raises(InputError, match="expected two tracks of the same samples"):
        correlation(np.ones(3), np.ones(4))
    with pytest.raises(InputError, match=r"expected tracks of at least 9 s .* got 5 s"):
        cross_correlation(smooth(50, 1), smooth(50, 2), RATE)
    with pytest.raises(InputError, match="at least three pairs"):
        against_shuffled_pairs(np.ones((2, 9)), np.ones((2, 9)))
    with pytest.raises(InputError, match="got none of pair 1"):
        against_shuffled_pairs(
            np.stack([smooth(50, 1), np.ones(50), smooth(50, 2)]), np.stack([smooth(50, seed) for seed in (3, 4, 5)])
        )


def test_fewer_shifts_are_spread_over_all() -> None:
    first = smooth(600, 21)
    second = first + smooth(600, 22)
    every, some = against_shifts(first, second), against_shifts(first, second, max_shifts=100)
    assert (every.permutations, some.permutations) == (600, 101)
    assert some.real == every.real
    assert some.shuffled == pytest.approx(every.shuffled, abs=0.05)
    assert some.p == 1 / 101
