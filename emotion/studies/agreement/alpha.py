"""Krippendorff's alpha of codings and of numeric ratings, with intervals over resampled people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from emotion.errors import InputError
from emotion.studies.agreement.codings import Codings
from emotion.studies.agreement.kappa import Agreement
from emotion.studies.statistics.resampling import LEVEL, RESAMPLES, Values, interval_of, people_weights

Scale = Literal["nominal", "ordinal", "interval", "ratio"]

MAX_VALUES = 100
"""Distinct values of a scale other than the interval scale, whose α needs no table of pairs."""

Disagree = Callable[[Values], tuple[Values, Values, Values]]
"""Returns observed and expected disagreement and the number of values, ``(resamples,)``, from weights of people."""


def codings_alpha(
    codings: Codings, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0, ordinal: bool = False
) -> Agreement:
    """Return Krippendorff's α of codes, over all units that at least two coders coded.

    Args:
        codings: Of at least two coders.
        level: Coverage of the interval.
        resamples: Resamples of people.
        seed: Seed of the resampling.
        ordinal: Whether the codes are an ordered scale, in the order of ``codings.codes``.
    """
    people = {
        person: np.where(units >= 0, units, np.nan).astype(np.float64) for person, units in codings.people.items()
    }
    return krippendorff_alpha(people, "ordinal" if ordinal else "nominal", level=level, resamples=resamples, seed=seed)


def krippendorff_alpha(
    people: Mapping[str, Values],
    scale: Scale = "nominal",
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Agreement:
    """Return Krippendorff's α (Krippendorff 2011, "Computing Krippendorff's alpha-reliability").

    Args:
        people: Participant → ``(coders, units)`` values; NaN where a coder gave none. Units of all people are pooled.
        scale: What differences mean.
        level: Coverage of the interval.
        resamples: Resamples of people.
        seed: Seed of the resampling.

    Returns:
        The coefficient; ``observed`` and ``expected`` are NaN, since α is about disagreement.

    Raises:
        InputError: No unit has two values, or a scale other than the interval scale has too many.
    """
    kept = [table for units in people.values() if (table := _pairable(units)).shape[1]]
    if not kept:
        raise InputError("expected units with the values of at least two coders; got none")
    disagree = _interval(kept) if scale == "interval" else _disagreement_of_tables(kept, scale)
    value = _alpha(disagree(np.ones((1, len(kept)))))
    low, high = interval_of(_alpha(disagree(people_weights(len(kept), resamples, seed)))[:, None], len(kept), level)
    units = sum(table.shape[1] for table in kept)
    unknown = float("nan")
    return Agreement(
        "Krippendorff's α", float(value[0]), float(low[0]), float(high[0]), unknown, unknown, len(kept), units
    )


def _pairable(units: Values) -> Values:
    """Return the units that at least two coders gave a value."""
    table = np.asarray(units, np.float64)
    return table[:, np.isfinite(table).sum(axis=0) >= 2]


def _alpha(disagreement: tuple[Values, Values, Values]) -> Values:
    """Return 1 − observed ÷ expected disagreement; NaN if all values are equal."""
    observed, expected, values = disagreement
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(expected > 0, 1 - (values - 1) * observed / expected, np.nan))


def _interval(people: list[Values]) -> Disagree:
    """Return disagreement by squared differences, from each person's sums."""
    centre = float(np.nanmean(np.concatenate([table.ravel() for table in people])))
    sums = np.array([_interval_sums(table - centre) for table in people])

    def disagree(weights: Values) -> tuple[Values, Values, Values]:
        observed, count, total, squares = (weights @ sums).T
        return observed, 2 * (count * squares - total**2), count

    return disagree


def _interval_sums(table: Values) -> tuple[float, float, float, float]:
    count, filled = np.isfinite(table).sum(axis=0), np.nan_to_num(table)
    total, squares = filled.sum(axis=0), (filled**2).sum(axis=0)
    observed = (2 * (count * squares - total**2) / (count - 1)).sum()
    return float(observed), float(count.sum()), float(total.sum()), float(squares.sum())


def _disagreement_of_tables(people: list[Values], scale: Scale) -> Disagree:
    """Return disagreement of values from each person's table of coincidences."""
    everything = np.concatenate([table.ravel() for table in people])
    values = np.unique(everything[np.isfinite(everything)])
    if len(values) > MAX_VALUES:
        raise InputError(f"expected at most {MAX_VALUES} values of a {scale} scale; got {len(values)}. Use 'interval'")
    tables = np.stack([_coincidences(table, values) for table in people])

    def disagree(weights: Values) -> tuple[Values, Values, Values]:
        parts = [_pooled(part, tables, values, scale) for part in np.array_split(weights, max(len(weights) // 250, 1))]
        observed, expected, count = (np.concatenate(each) for each in zip(*parts, strict=True))
        return observed, expected, count

    return disagree


def _pooled(weights: Values, tables: Values, values: Values, scale: Scale) -> tuple[Values, Values, Values]:
    pooled = np.tensordot(weights, tables, axes=1)
    counts = pooled.sum(axis=2)
    distance = _distance(values, counts, scale)
    observed = (pooled * distance).sum(axis=(1, 2))
    expected = (counts[:, :, None] * counts[:, None, :] * distance).sum(axis=(1, 2))
    return observed, expected, counts.sum(axis=1)


def _coincidences(table: Values, values: Values) -> Values:
    """Return how often two coders' values meet in a unit, each unit with the weight of its values."""
    counts = (table[:, :, None] == values).sum(axis=0).astype(np.float64)
    share = 1 / (counts.sum(axis=1) - 1)
    return np.asarray((counts * share[:, None]).T @ counts - np.diag(share @ counts))


def _distance(values: Values, counts: Values, scale: Scale) -> Values:
    """Return squared differences of values, ``(resamples or 1, values, values)``."""
    if scale == "nominal":
        return 1.0 - np.eye(len(values))[None]
    if scale == "ordinal":
        middle = counts.cumsum(axis=1) - counts / 2
        return np.asarray((middle[:, :, None] - middle[:, None, :]) ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (values[:, None] - values) / (values[:, None] + values)
    return np.nan_to_num(ratio**2)[None]
