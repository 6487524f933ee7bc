"""Does an outcome depend on the group? A permutation test within strata, and Holm's correction for many tests.

Everywhere ``S`` strata hold ``G`` groups: ``yes[s, g]`` of ``total[s, g]`` had the outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        statistic: Of Cochran, Mantel and Haenszel; 0 where every group has exactly what is expected.
        p: How probable so much difference is if the outcome does not depend on the group, 0–1.
    """

    statistic: float
    p: float


def permutation_test(yes: Counts, total: Counts, *, resamples: int = RESAMPLES, seed: int = 0) -> Association:
    """Test whether an outcome depends on the group, given the stratum.

    The statistic is that of the generalised Cochran–Mantel–Haenszel test (Landis, Heyman and Koch 1978, "Average
    partial association in three-way contingency tables"); with one stratum it is Pearson's chi-square times
    (N − 1) / N. Its distribution is not taken from a table, which small groups do not follow, but from the outcomes
    dealt out anew among the groups of each stratum, so that the test keeps its level whatever the sizes.

    Args:
        yes: ``(S, G)`` how many had the outcome.
        total: ``(S, G)`` of how many.
        resamples: How often the outcomes are dealt out.
        seed: Of the dealing.

    Raises:
        ValueError: Not two tables of one shape with ``0 ≤ yes ≤ total``.
    """
    if yes.shape != total.shape or yes.ndim != 2 or (yes < 0).any() or (yes > total).any():
        raise ValueError(f"expected two (S, G) tables with 0 ≤ yes ≤ total; got {yes.shape} and {total.shape}")
    told = [row for row in range(len(total)) if total[row].sum() > 1]
    inverse = np.linalg.pinv(sum((_covariance(yes[s], total[s]) for s in told), np.zeros((total.shape[1],) * 2)))
    observed = _statistics(_excess(yes[told].sum(0)[None], yes[told], total[told]), inverse)[0]
    rng = np.random.default_rng(seed)
    dealt = sum(
        (rng.multivariate_hypergeometric(total[s], yes[s].sum(), resamples) for s in told),
        np.zeros((resamples, total.shape[1]), np.int64),
    )
    drawn = _statistics(_excess(dealt, yes[told], total[told]), inverse)
    # As many draws as this one, which is one of them, are at least as extreme (Davison and Hinkley 1997, 4.3).
    as_far = int((drawn >= observed - 1e-9 * max(observed, 1.0)).sum())
    return Association(float(observed), (1 + as_far) / (1 + resamples))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number, so that all together err as rarely as one (Holm 1979).

    Each is the least level at which its hypothesis is rejected.
    """
    order = np.argsort(p_values, kind="stable")
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected


def _excess(yes: Counts, observed: Counts, total: Counts) -> NDArray[np.float64]:
    """Return ``(n, G)``: how many more had the outcome than expected, for ``n`` ways of dealing it out."""
    size = total.sum(1, keepdims=True)
    return yes - (total * observed.sum(1, keepdims=True) / size).sum(0)


def _covariance(yes: Counts, total: Counts) -> NDArray[np.float64]:
    """Return ``(G, G)`` of one stratum's outcomes if they are dealt out among its groups."""
    size, hits = int(total.sum()), int(yes.sum())
    share = total / size
    return hits * (size - hits) / (size - 1) * (np.diag(share) - np.outer(share, share))


def _statistics(excess: NDArray[np.float64], inverse: NDArray[Any]) -> NDArray[np.float64]:
    return np.einsum("ng,gh,nh->n", excess, inverse, excess)
