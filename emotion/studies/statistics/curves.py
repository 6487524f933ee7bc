"""Curves over stimulus time across people: means, shares over a threshold, differences, and averages around events."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from emotion.errors import InputError
from emotion.studies.statistics.resampling import LEVEL, RESAMPLES, Values, mean_interval
from emotion.studies.statistics.tables import PARTICIPANT, SECOND, expect_columns, moments_of


def mean_curve(
    table: pd.DataFrame,
    measure: str,
    *,
    by: str | None = "condition",
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the mean across people at each second, with an interval over resampled people.

    Args:
        table: participant × condition × second × measure; rows of the same person, condition and second are averaged.
        measure: Column of the values.
        by: Column with the conditions, which get a curve each; None for one curve.
        level: Coverage of the interval at each second by itself, not of the whole curve at once.
        resamples: Resamples of people.
        seed: Seed of the resampling.

    Returns:
        ``by`` (unless None), ``second``, ``people`` (with a value), ``mean``, ``low``, ``high``. Limits are NaN with
        fewer than :data:`~emotion.studies.statistics.resampling.MIN_PEOPLE` people.

    Raises:
        InputError: A column is missing, there are no rows, or seconds are not evenly spaced.
    """

    def curve(values: Values) -> dict[str, Values]:
        mean, low, high = mean_interval(values, level, resamples, seed)
        return {"mean": mean, "low": low, "high": high}

    return _by_condition(table, measure, by, curve)


def share_curve(
    table: pd.DataFrame,
    measure: str,
    threshold: float,
    *,
    by: str | None = "condition",
    level: float = LEVEL,
) -> pd.DataFrame:
    """Return the share of people whose value is over a threshold at each second, with Wilson's interval.

    Args:
        table: As in :func:`mean_curve`.
        measure: Column of the values.
        threshold: A person counts if their mean of the second is larger.
        by: As in :func:`mean_curve`.
        level: Coverage of the interval (Wilson 1927) at each second by itself.

    Returns:
        ``by`` (unless None), ``second``, ``people`` (with a value), ``over`` (how many are over), ``share``, ``low``,
        ``high``; shares are 0–1, NaN where nobody has a value.

    Raises:
        InputError: As :func:`mean_curve`.
    """

    def curve(values: Values) -> dict[str, Values]:
        people, over = np.isfinite(values).sum(axis=0), (values > threshold).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            low, high = proportion_confint(over, people, 1 - level, "wilson")
            return {"over": over, "share": over / people, "low": np.clip(low, 0, 1), "high": np.clip(high, 0, 1)}

    return _by_condition(table, measure, by, curve)


def difference_curve(
    table: pd.DataFrame,
    measure: str,
    *,
    by: str,
    names: tuple[str, str],
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Return each second's mean difference between two conditions of the same people, over resampled people.

    Args:
        table: As in :func:`mean_curve`.
        measure: Column of the values.
        by: Column with the conditions.
        names: The two conditions; the difference is the first − the second.
        level: As in :func:`mean_curve`.
        resamples: As in :func:`mean_curve`.
        seed: As in :func:`mean_curve`.

    Returns:
        ``second``, ``people`` (with values in both), ``mean``, ``low``, ``high``.

    Raises:
        InputError: A column or condition is missing, or seconds are not evenly spaced.
    """
    expect_columns(table, [PARTICIPANT, by, SECOND, measure])
    for name in names:
        if not (table[by] == name).any():
            raise InputError(f"expected rows with {by} {name}; got {by} {', '.join(map(str, table[by].unique()))}")
    means = table[table[by].isin(names)].groupby([PARTICIPANT, SECOND, by], observed=True)[measure].mean().unstack(by)
    rows = (means[names[0]] - means[names[1]]).rename(measure).reset_index()
    return mean_curve(rows, measure, by=None, level=level, resamples=resamples, seed=seed)


def around_events(
    table: pd.DataFrame,
    events: pd.DataFrame,
    measures: Sequence[str],
    *,
    before_s: float = 5.0,
    after_s: float = 10.0,
    step_s: float = 1.0,
    row_s: float = 1.0,
    by: str | None = "condition",
) -> pd.DataFrame:
    """Return measures over the time since an event, such as the same scene; repeated events are averaged per person.

    A row belongs to the step that contains its middle. The rows of each step are averaged within each event; then each
    person's events are averaged with equal weight, so that people with many events count no more than others.

    Args:
        table: participant × condition × second × measures, at any rate.
        events: A row per event: participant, condition, and its time, ``time_s``. Without a participant (or condition)
            column, an event holds for every participant (or condition).
        measures: Columns to average.
        before_s: Time shown before the event, s; only whole steps are.
        after_s: Time shown after it, s; only whole steps are.
        step_s: Length of a step of the result, s.
        row_s: Time that each row of the table covers, s; 0 for single frames.
        by: Column with the conditions; None if there are none.

    Returns:
        participant, ``by`` (unless None), ``second`` (start of the step since the event, a multiple of ``step_s``),
        ``events`` (averaged at this step) and the measures. It can be given to :func:`mean_curve`.

    Raises:
        InputError: A column is missing, or no row lies near an event.
    """
    keys = [PARTICIPANT, *([by] if by else [])]
    expect_columns(table, [*keys, SECOND, *measures])
    expect_columns(events, ["time_s"])
    if step_s <= 0 or before_s < 0 or after_s < 0:
        raise InputError(f"expected a step over 0 s and no negative time; got {step_s}, {before_s} and {after_s} s")
    shared = [key for key in keys if key in events.columns]
    numbered = events[[*shared, "time_s"]].rename(columns={"time_s": "_event_s"}).dropna(subset="_event_s")
    numbered["_event"] = np.arange(len(numbered))
    kept = table[[*keys, SECOND, *measures]]
    rows = kept.merge(numbered, on=shared) if shared else kept.merge(numbered, how="cross")
    steps = np.floor((rows[SECOND] + row_s / 2 - rows["_event_s"]) / step_s + 1e-9)
    near = (steps >= -np.floor(before_s / step_s + 1e-9)) & (steps < np.floor(after_s / step_s + 1e-9))
    if not near.any():
        raise InputError(f"expected rows within {before_s:g} s before or {after_s:g} s after an event; got none")
    rows = rows[near].assign(**{SECOND: steps[near] * step_s})
    each = rows.groupby([*keys, "_event", SECOND], observed=True)[list(measures)].mean().reset_index()
    grouped = each.groupby([*keys, SECOND], observed=True)
    return pd.concat(
        [grouped["_event"].nunique().rename("events"), grouped[list(measures)].mean()], axis=1
    ).reset_index()


def _by_condition(
    table: pd.DataFrame,
    measure: str,
    by: str | None,
    curve: Callable[[Values], dict[str, Values]],
) -> pd.DataFrame:
    """Return one table of the curves of all conditions."""
    expect_columns(table, [PARTICIPANT, SECOND, measure, *([by] if by else [])])
    parts = table.groupby(by, observed=True, sort=True) if by else [(None, table)]
    curves = []
    for name, rows in parts:
        moments, values, _ = moments_of(rows, measure)
        columns = {SECOND: moments, "people": np.isfinite(values).sum(axis=0), **curve(values)}
        curves.append(pd.DataFrame({by: [name] * len(moments), **columns} if by else columns))
    if not curves:
        raise InputError(f"expected rows with {measure}; got none")
    return pd.concat(curves, ignore_index=True)
