"""Cluster permutation tests, compared with mne on the same data, and on data with known clusters."""

from __future__ import annotations

import mne
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from emotion.errors import InputError
from emotion.studies.statistics.clusters import (
    cluster_contrast,
    largest_masses,
    paired_clusters,
    unpaired_clusters,
)
from emotion.studies.statistics.sentences import CLUSTER_LIMITS, cluster_sentences

mne.set_log_level("ERROR")
TIMES = np.arange(40.0)


def curves(people: int, effect: float, seed: int) -> np.ndarray:
    """Smooth noise with an effect from 12 to 20 s and its reverse from 28 to 33 s."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, (people, 44))
    smooth = np.stack([np.convolve(row, np.ones(5) / 5, "valid") for row in noise])
    smooth[:, 12:20] += effect
    smooth[:, 28:33] -= effect
    return smooth


def spans(test) -> list[tuple[int, int]]:
    return [(cluster.first, cluster.last) for cluster in test.clusters]


def test_paired_clusters_are_those_of_mne() -> None:
    a, b = curves(11, 0.35, 1), curves(11, 0, 2)
    ours = paired_clusters(a, b, TIMES)
    found = mne.stats.permutation_cluster_1samp_test(a - b, n_permutations=2**10, out_type="indices", seed=1)
    assert ours.exact
    check_clusters(ours, found)
    assert len(ours.clusters) >= 3
    assert [cluster.p for cluster in ours.clusters] == pytest.approx(ordered(found)[2], abs=1e-6)


def test_unpaired_clusters_are_those_of_mne() -> None:
    """mne finds only the largest positive cluster, so it gets |t|."""
    a, b = curves(5, 0.6, 3), curves(4, 0, 4)
    ours = unpaired_clusters(a, b, TIMES)
    found = mne.stats.permutation_cluster_test(
        [a, b],
        threshold=stats.t.ppf(0.975, 7),
        tail=1,
        stat_fun=size_of_t,
        out_type="indices",
        n_permutations=2000,
        seed=1,
    )
    assert ours.exact
    check_clusters(ours, found)
    # mne draws random permutations even if there are few enough to try all.
    assert [cluster.p for cluster in ours.clusters] == pytest.approx(ordered(found)[2], abs=0.04)


def size_of_t(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    n, m = len(first), len(second)
    pooled = ((n - 1) * first.var(axis=0, ddof=1) + (m - 1) * second.var(axis=0, ddof=1)) / (n + m - 2)
    return np.abs(first.mean(axis=0) - second.mean(axis=0)) / np.sqrt(pooled * (1 / n + 1 / m))


def check_clusters(ours, found: tuple) -> None:
    assert np.abs(ours.t) == pytest.approx(np.abs(found[0]), rel=1e-6)
    places, masses, _ = ordered(found)
    assert spans(ours) == places
    assert [abs(cluster.mass) for cluster in ours.clusters] == pytest.approx(masses, rel=1e-6)


def ordered(found: tuple) -> tuple[list[tuple[int, int]], list[float], list[float]]:
    """Return spans, masses and p-values of mne's clusters, in order of time."""
    t, found_indices, p, _ = found
    where = [np.arange(len(t))[indices[0]] for indices in found_indices]
    order = sorted(range(len(where)), key=lambda number: where[number][0])
    places = [(int(where[number][0]), int(where[number][-1])) for number in order]
    return places, [abs(t[where[number]].sum()) for number in order], [p[number] for number in order]


def test_masses_of_all_permutations_are_those_of_a_loop() -> None:
    t = np.random.default_rng(1).normal(0, 1.5, (50, 30))
    threshold = np.full(30, 1.0)
    for row, largest in zip(t, largest_masses(t, threshold), strict=True):
        best = run = 0.0
        for sign in (1, -1):
            for value in [*(sign * row), 0.0]:
                run = run + value if value > 1.0 else 0.0
                best = max(best, run)
        assert largest == pytest.approx(best)


def test_known_clusters_are_found_with_their_direction() -> None:
    test = paired_clusters(curves(24, 0.8, 5), curves(24, 0, 6), TIMES, measure="Happiness", names=("film", "rest"))
    reliable = [cluster for cluster in test.clusters if cluster.p < 0.05]
    assert [cluster.mass > 0 for cluster in reliable] == [True, False]
    assert [(cluster.start_s, cluster.end_s) for cluster in reliable] == [
        pytest.approx((12, 20), abs=2),
        pytest.approx((28, 33), abs=2),
    ]
    first, second, limits = cluster_sentences(test)
    assert limits == CLUSTER_LIMITS
    assert "s, Happiness was higher in film than in rest by 0." in first
    assert "s, Happiness was higher in rest than in film by 0." in second
    nothing = unpaired_clusters(curves(9, 0, 7), curves(9, 0, 8), TIMES, measure="anger")
    assert all(cluster.p > 0.05 for cluster in nothing.clusters)
    assert cluster_sentences(nothing) == ["At no time was there a reliable difference in anger between A and B."]


def long_table(paired: bool) -> pd.DataFrame:
    parts = []
    for seed, name in enumerate(("film", "rest")):
        wide = curves(10, 0.9 * (name == "film"), seed)
        people = [f"p{n}" if paired else f"{name}{n}" for n in range(10)]
        index = pd.MultiIndex.from_product([people, TIMES], names=["participant", "second"])
        parts.append(pd.DataFrame({"joy": wide.ravel()}, index).reset_index().assign(condition=name))
    return pd.concat(parts).sample(frac=1, random_state=1)


@pytest.mark.parametrize("paired", [True, False])
def test_long_tables_are_laid_out_by_person_and_second(paired: bool) -> None:
    test = cluster_contrast(long_table(paired), "joy", by="condition", names=("film", "rest"), paired=paired)
    compare = paired_clusters if paired else unpaired_clusters
    direct = compare(curves(10, 0.9, 0), curves(10, 0, 1), TIMES)
    assert test.t == pytest.approx(direct.t)
    assert spans(test) == spans(direct)


def test_seconds_that_a_person_lacks_are_left_out_of_their_t() -> None:
    a, b = curves(12, 0.5, 1), curves(12, 0, 2)
    a[3, 10:14] = np.nan
    a[:, 25] = np.nan
    test = paired_clusters(a, b, TIMES)
    assert test.t[12] == pytest.approx(stats.ttest_rel(np.delete(a[:, 12], 3), np.delete(b[:, 12], 3)).statistic)
    assert np.isnan(test.t[25])
    assert all(not cluster.first <= 25 <= cluster.last for cluster in test.clusters)


def test_parts_of_the_permutations_give_the_same_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = curves(9, 0.5, 1), curves(8, 0, 2)
    whole = unpaired_clusters(a, b, TIMES, permutations=500), paired_clusters(a[:8], b, TIMES)
    monkeypatch.setattr("emotion.studies.statistics.clusters._AT_A_TIME", 400)
    parts = unpaired_clusters(a, b, TIMES, permutations=500), paired_clusters(a[:8], b, TIMES)
    assert [each.clusters for each in parts] == [each.clusters for each in whole]


def test_refusals_say_what_was_expected() -> None:
    with pytest.raises(InputError, match="expected people × 40 moments"):
        paired_clusters(curves(5, 0, 1)[:, :7], curves(5, 0, 1), TIMES)
    with pytest.raises(InputError, match="expected the same people in both"):
        paired_clusters(curves(5, 0, 1), curves(6, 0, 1), TIMES)
    with pytest.raises(InputError, match="at least two people in A; got 1"):
        unpaired_clusters(curves(1, 0, 1), curves(6, 0, 1), TIMES)
    with pytest.raises(InputError, match="10 in both groups"):
        cluster_contrast(long_table(paired=True), "joy", by="condition", names=("film", "rest"), paired=False)
    with pytest.raises(InputError, match="expected rows with condition music"):
        cluster_contrast(long_table(paired=True), "joy", by="condition", names=("film", "music"), paired=True)
