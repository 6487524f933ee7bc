"""Tests whether an outcome depends on the group: a permutation test within strata.

There are ``S`` strata and ``G`` groups; ``yes[s, g]`` of ``total[s, g]`` have the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 9999

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Association:
    """Result of a test.

    Attributes:
        statistic: Cochran–Mantel–Haenszel statistic; 0 if every group is exactly as expected.
        p: Probability of a difference at least as large if the outcome does not depend on the group, 0–1.
    """

    statistic: float
    p: float


def permutation_test(yes: Counts, total: Counts, *, resamples: int = RESAMPLES, seed: int = 0) -> Association:
    """Test whether an outcome depends on the group, given the stratum.

    The statistic is that of the generalised Cochran–Mantel–Haenszel test (Landis, Heyman and Koch 1978, "Average
    partial association in three-way contingency tables"); with one stratum it is Pearson's chi-square times
    (N − 1) / N. Its distribution comes from permuting outcomes within each stratum, so the test also keeps its level
    for small groups, for which the chi-square distribution does not hold.

    Args:
        yes: ``(S, G)`` numbers with the outcome.
        total: ``(S, G)`` numbers with and without it.
        resamples: Number of permutations.
        seed: Seed of the permutations.

    Raises:
        ValueError: The tables differ in shape, or ``0 ≤ yes ≤ total`` does not hold.
    """
    if yes.shape != total.shape or yes.ndim != 2 or (yes < 0).any() or (yes > total).any():
        raise ValueError(f"expected two (S, G) tables with 0 ≤ yes ≤ total; got {yes.shape} and {total.shape}")
    strata = [row for row in range(len(total)) if total[row].sum() > 1]
    inverse = np.linalg.pinv(sum((_covariance(yes[s], total[s]) for s in strata), np.zeros((total.shape[1],) * 2)))
    observed = _statistics(_excess(yes[strata].sum(0)[None], yes[strata], total[strata]), inverse)[0]
    rng = np.random.default_rng(seed)
    permuted = sum(
        (rng.multivariate_hypergeometric(total[s], yes[s].sum(), resamples) for s in strata),
        np.zeros((resamples, total.shape[1]), np.int64),
    )
    drawn = _statistics(_excess(permuted, yes[strata], total[strata]), inverse)
    # The observed table counts as one of the permutations (Davison and Hinkley 1997, section 4.3).
    as_extreme = int((drawn >= observed - 1e-9 * max(observed, 1.0)).sum())
    return Association(float(observed), (1 + as_extreme) / (1 + resamples))


def _excess(yes: Counts, observed: Counts, total: Counts) -> NDArray[np.float64]:
    """Return ``(n, G)`` outcomes above expectation, for ``n`` permutations."""
    size = total.sum(1, keepdims=True)
    return yes - (total * observed.sum(1, keepdims=True) / size).sum(0)


def _covariance(yes: Counts, total: Counts) -> NDArray[np.float64]:
    """Return the ``(G, G)`` covariance of permuted outcomes in one stratum."""
    size, hits = int(total.sum()), int(yes.sum())
    share = total / size
    return hits * (size - hits) / (size - 1) * (np.diag(share) - np.outer(share, share))


def _statistics(excess: NDArray[np.float64], inverse: NDArray[Any]) -> NDArray[np.float64]:
    return np.einsum("ng,gh,nh->n", excess, inverse, excess)
