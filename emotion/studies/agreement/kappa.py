"""Cohen's and Fleiss' kappa of codings, with a tolerance in time and intervals over resampled people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion.errors import InputError
from emotion.studies.agreement.codings import Codes, Codings
from emotion.studies.statistics.resampling import LEVEL, RESAMPLES, Values, interval_of, people_weights

MAX_CODES = 62
"""Sets of codes are kept as bits of one integer."""

Chance = Callable[[Values, Values], Values]
"""Agreement expected by chance, from coders' shares of states ``(…, coders, states)`` and which states agree."""


@dataclass(frozen=True)
class Agreement:
    """A coefficient of agreement.

    Attributes:
        name: ``Cohen's κ``, ``Fleiss' κ``, ``Krippendorff's α`` or a form of ``ICC``.
        value: The coefficient, 1 for perfect agreement and 0 for that of chance; NaN if only one code occurs.
        low: Lower limit of its interval over resampled people; NaN with few people.
        high: Upper limit.
        observed: Share of agreement that was observed, 0–1; NaN where it has no meaning.
        expected: Share that is expected by chance.
        people: People whose units were compared.
        units: Units that were compared.
    """

    name: str
    value: float
    low: float
    high: float
    observed: float
    expected: float
    people: int
    units: int


@dataclass(frozen=True)
class _Counts:
    """Figures of each person, which add up over people.

    Attributes:
        units: ``(people,)`` units that all coders coded.
        agreed: ``(people,)`` share of pairs of coders that agree, summed over units.
        states: ``(people, coders, states)`` how often each coder is in each state.
        agree: ``(states, states)`` whether two states agree.
    """

    units: Values
    agreed: Values
    states: Values
    agree: Values


def cohens_kappa(
    codings: Codings, *, tolerance_s: float = 0.0, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> Agreement:
    """Return Cohen's κ of two coders (Cohen 1960), over the units that both coded.

    With a tolerance, two coders agree in a unit if the code of either is the other's within the tolerance. More
    agreement is then expected by chance, too: that of each coder's time at all shifts against the other's. Without a
    tolerance this is Cohen's product of the marginals.

    Args:
        codings: Of two coders; see :meth:`Codings.pair`.
        tolerance_s: Longest time between equal codes, s.
        level: Coverage of the interval.
        resamples: Resamples of people.
        seed: Seed of the resampling.

    Raises:
        InputError: There are not two coders, or no unit that both coded.
    """
    if len(codings.coders) != 2:
        raise InputError(f"expected two coders; got {len(codings.coders)}")
    return _agreement("Cohen's κ", codings, _cohen, tolerance_s, level, resamples, seed)


def fleiss_kappa(
    codings: Codings, *, tolerance_s: float = 0.0, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> Agreement:
    """Return Fleiss' κ of all coders (Fleiss 1971), over the units that all of them coded.

    Args:
        codings: Of at least two coders.
        tolerance_s: As in :func:`cohens_kappa`, for each pair of coders.
        level: Coverage of the interval.
        resamples: Resamples of people.
        seed: Seed of the resampling.

    Raises:
        InputError: There are fewer than two coders, or no unit that all coded.
    """
    if len(codings.coders) < 2:
        raise InputError(f"expected at least two coders; got {len(codings.coders)}")
    return _agreement("Fleiss' κ", codings, _fleiss, tolerance_s, level, resamples, seed)


def agreeing(units: Codes, tolerance: int) -> NDArray[np.bool_]:
    """Return whether two coders agree in each unit, within a tolerance.

    Args:
        units: ``(2, n)`` indices of codes; −1 is uncoded and agrees with nothing.
        tolerance: In units.

    Returns:
        ``(n,)``.
    """
    agree = units[0] == units[1]
    for shift in range(1, min(tolerance, units.shape[1] - 1) + 1):
        for a, b in ((units[0], units[1]), (units[1], units[0])):
            agree[shift:] |= a[shift:] == b[:-shift]
            agree[:-shift] |= a[:-shift] == b[shift:]
    return np.asarray(agree & (units >= 0).all(axis=0))


def _cohen(states: Values, agree: Values) -> Values:
    """Return the agreement expected of two coders, ``(…)``, from shares ``(…, 2, states)``."""
    return np.asarray(np.einsum("...i,ij,...j->...", states[..., 0, :], agree, states[..., 1, :]))


def _fleiss(states: Values, agree: Values) -> Values:
    """Return the agreement expected of coders who all code alike."""
    pooled = states.mean(axis=-2)
    return np.asarray(np.einsum("...i,ij,...j->...", pooled, agree, pooled))


def _agreement(
    name: str,
    codings: Codings,
    chance: Chance,
    tolerance_s: float,
    level: float,
    resamples: int,
    seed: int,
) -> Agreement:
    if tolerance_s < 0:
        raise InputError(f"expected a tolerance of at least 0 s; got {tolerance_s}")
    if len(codings.codes) > MAX_CODES:
        raise InputError(f"expected at most {MAX_CODES} codes; got {len(codings.codes)}")
    counts = _count(list(codings.people.values()), round(tolerance_s / codings.step_s))
    people = len(counts.units)
    observed, expected, value = _kappa(counts, np.ones((1, people)), chance)
    draws = _kappa(counts, people_weights(people, resamples, seed), chance)[2]
    low, high = interval_of(draws[:, None], people, level)
    return Agreement(
        name, float(value[0]), float(low[0]), float(high[0]), float(observed[0]), float(expected[0]), people,
        int(counts.units.sum()),
    )  # fmt: skip


def _kappa(counts: _Counts, weights: Values, chance: Chance) -> tuple[Values, Values, Values]:
    """Return observed and expected agreement and κ of each resample, ``(resamples,)`` each."""
    units = weights @ counts.units
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = weights @ counts.agreed / units
        shares = np.einsum("rp,pcs->rcs", weights, counts.states) / units[:, None, None]
        expected = chance(shares, counts.agree)
        value = (observed - expected) / (1 - expected)
    return observed, expected, np.where(expected >= 1 - 1e-12, np.nan, value)


def _count(people: list[Codes], tolerance: int) -> _Counts:
    """Count agreement and states. A state is a code with the codes that occur within the tolerance."""
    kept = [units for units in people if (units >= 0).all(axis=0).any()]
    if not kept:
        raise InputError("expected units that all coders coded; got none")
    coders = len(kept[0])
    known, states, agreed = [], [], []
    for units in kept:
        complete = (units >= 0).all(axis=0)
        pairs = [agreeing(units[[i, j]], tolerance) for i in range(coders) for j in range(i + 1, coders)]
        agreed.append(float(np.mean(pairs, axis=0)[complete].sum()))
        known.append(float(complete.sum()))
        states.append(np.stack([_states(row, tolerance)[complete] for row in units]))
    found, flat = np.unique(np.concatenate([each.reshape(-1, 2) for each in states]), axis=0, return_inverse=True)
    flat, at, tables = flat.ravel(), 0, []
    for each in states:
        own = flat[at : at + each.shape[0] * each.shape[1]].reshape(each.shape[:2])
        tables.append([np.bincount(row, minlength=len(found)) for row in own])
        at += own.size
    return _Counts(np.array(known), np.array(agreed), np.array(tables, np.float64), _agree(found))


def _states(row: Codes, tolerance: int) -> Codes:
    """Return each unit's code and the set of codes within the tolerance, as bits, ``(n, 2)``."""
    bits = np.where(row >= 0, np.int64(1) << np.maximum(row, 0), 0)
    near = bits.copy()
    for shift in range(1, min(tolerance, len(row) - 1) + 1):
        near[shift:] |= bits[:-shift]
        near[:-shift] |= bits[shift:]
    return np.column_stack([row, near])


def _agree(states: Codes) -> Values:
    code, near = states[:, 0], states[:, 1]
    within = (near[None, :] >> code[:, None]) & 1
    return np.asarray((within | within.T) > 0, np.float64)
