"""Long tables of studies as arrays of people: averages per person, pairs and moments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from emotion.errors import InputError
from emotion.studies.statistics.resampling import Values

PARTICIPANT, SECOND = "participant", "second"
"""Columns of a long table: who it is, and the start of the second of stimulus time, s."""


def expect_columns(table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise InputError unless a table has all these columns."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        have = ", ".join(map(str, table.columns)) or "none"
        raise InputError(f"expected the columns {', '.join(columns)}; got {have}, without {', '.join(missing)}")


def expect_people(count: int, which: str) -> None:
    """Raise InputError if there are fewer than two people; ``which`` describes them in the message."""
    if count < 2:
        raise InputError(f"expected at least two people {which}; got {count}")


def people_means(table: pd.DataFrame, measures: Sequence[str], *, by: str) -> pd.DataFrame:
    """Return each person's mean of the measures in each condition.

    Args:
        table: Long table with several rows per person and condition.
        measures: Columns to average; NaN are left out.
        by: Column with the conditions or groups.

    Returns:
        ``participant``, ``by`` and the measures, a row per person and condition.

    Raises:
        InputError: A column is missing.
    """
    expect_columns(table, [PARTICIPANT, by, *measures])
    grouped = table.groupby([PARTICIPANT, by], observed=True, sort=True)[list(measures)]
    return grouped.mean().reset_index()


def pairs_of(
    means: pd.DataFrame, measure: str, by: str, names: tuple[str, str], *, paired: bool
) -> tuple[Values, Values]:
    """Return the values of two conditions: of the same people in the same order if paired.

    Args:
        means: From :func:`people_means`.
        measure: Column of the values.
        by: Column with the conditions.
        names: The two conditions.
        paired: Whether to line up people; who has a value in one condition only gets a NaN in the other.

    Returns:
        Values in the first and in the second condition; ``(n,)`` both if paired.

    Raises:
        InputError: Nobody is in one of the conditions, or a person is in both groups of an unpaired contrast.
    """
    a, b = (means.loc[means[by] == name].set_index(PARTICIPANT)[measure].astype("float64") for name in names)
    for values, name in ((a, names[0]), (b, names[1])):
        if values.empty:
            have = ", ".join(map(str, means[by].unique()))
            raise InputError(f"expected rows with {by} {name}; got {by} {have or 'of no row'}")
    if paired:
        people = a.index.union(b.index)
        return _floats(a.reindex(people)), _floats(b.reindex(people))
    both = a.index.intersection(b.index)
    if len(both):
        raise InputError(
            f"expected each person in one group of {by}; got {len(both)} in both {names[0]} and {names[1]}: "
            f"{', '.join(map(str, both[:3]))}. Compare them within people instead"
        )
    return _floats(a), _floats(b)


def _floats(values: pd.Series) -> Values:
    return np.asarray(values, np.float64)


def moments_of(
    table: pd.DataFrame,
    measure: str,
    *,
    moments: Values | None = None,
) -> tuple[Values, Values, pd.Index]:
    """Return one measure as people × moments, rows of a person and moment averaged.

    Args:
        table: Long table, with the start of each moment, s, evenly spaced, as ``second``.
        measure: Column of the values.
        moments: ``(moments,)`` evenly spaced starts that contain those of the table; by default the table's own, with
            those in between that nobody has.

    Returns:
        Moments ``(moments,)``, values ``(people, moments)`` with NaN where a person has none, and the people.

    Raises:
        InputError: A column is missing, there are no rows, or the moments are not evenly spaced.
    """
    expect_columns(table, [PARTICIPANT, SECOND, measure])
    if table.empty:
        raise InputError(f"expected rows with {measure}; got none")
    rows, people = pd.factorize(table[PARTICIPANT], sort=True)
    columns, own = pd.factorize(table[SECOND].to_numpy(np.float64), sort=True)
    grid = evenly_spaced(own) if moments is None else moments
    places = np.rint((own - grid[0]) / step_of(grid)).astype(np.intp)
    given = table[measure].to_numpy(np.float64)
    known = (rows >= 0) & (columns >= 0) & ~np.isnan(given)
    cells = rows[known] * len(grid) + places[columns[known]]
    counts, totals = (np.bincount(cells, weights, len(people) * len(grid)) for weights in (None, given[known]))
    values = np.divide(totals, counts, out=np.full(counts.shape, np.nan), where=counts > 0)
    return grid, values.reshape(len(people), len(grid)), pd.Index(people)


def step_of(moments: Values) -> float:
    """Return the time between evenly spaced moments, s; 1 of a single moment."""
    return float(moments[1] - moments[0]) if len(moments) > 1 else 1.0


def evenly_spaced(moments: Values) -> Values:
    """Return evenly spaced moments that contain those given, which are sorted.

    Raises:
        InputError: Some are not a whole number of the smallest steps apart.
    """
    if len(moments) < 2:
        return moments
    step = float(np.diff(moments).min())
    steps = (moments - moments[0]) / step
    if np.abs(steps - np.rint(steps)).max() > 0.01:
        first = ", ".join(f"{each:g}" for each in moments[:6])
        raise InputError(f"expected moments {step:g} s apart; got {first} …")
    return moments[0] + step * np.arange(round(float(steps[-1])) + 1)
