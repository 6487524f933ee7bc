"""Linear mixed models of a measure: conditions within people, groups between people, and both at once."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f as f_distribution
from scipy.stats import t as student_t
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams, VCSpec
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from emotion.errors import InputError
from emotion.studies.statistics.mixed_design import Design, averaging_weights, degrees_of_freedom, design_of
from emotion.studies.statistics.mixed_results import MixedEffect, MixedFactor, MixedModel
from emotion.studies.statistics.resampling import LEVEL, Values
from emotion.studies.statistics.tables import PARTICIPANT, expect_columns

Places = NDArray[np.intp]
"""``(rows,)`` numbers of people or of their conditions."""

_LEAST = 1e-3
"""Least variance, relative to that of rows, at which the search begins: at 0 it would stay."""


def mixed_model(
    table: pd.DataFrame,
    measure: str,
    *,
    within: str | None = None,
    between: str | None = None,
    reference: Mapping[str, str] | None = None,
    level: float = LEVEL,
) -> MixedModel:
    """Fit measure ~ within × between with a random intercept per person, by REML (statsmodels' ``MixedLM``).

    Where people have several rows in a condition, such as several stimuli, the model also has a random effect of each
    person's condition: otherwise rows would count as if they were people (Barr et al. 2013). t values have
    between-within degrees of freedom (Schluchter and Elashoff 1990), as z values find too much with few people; in
    balanced designs they are those of the t test and the analysis of variance.

    Args:
        table: Long table with a row per observation; rows without a value are left out.
        measure: Column to model.
        within: Column with conditions that each person has several of; None if there are none.
        between: Column with groups; None if there are none. With both, their interaction is in the model.
        reference: Column → its reference level; the first in alphabetical order otherwise.
        level: Coverage of the intervals.

    Raises:
        InputError: No factor, a column or level is missing, a factor has one level, a person is in two groups, there
            are too few people, or nothing varies.
    """
    factors = [column for column in (within, between) if column]
    if not factors:
        raise InputError("expected a factor within or between people; got none")
    expect_columns(table, [PARTICIPANT, measure, *factors])
    rows = table.dropna(subset=[PARTICIPANT, measure, *factors]).reset_index(drop=True)
    _check(rows, measure, between)
    design = design_of(rows, within, between, reference or {})
    people: Places = np.asarray(pd.factorize(rows[PARTICIPANT], sort=True)[0], np.intp)
    cells = people
    if within:
        cells = np.asarray(rows.groupby([PARTICIPANT, within], observed=True).ngroup(), np.intp)
    repeated = within is not None and len(np.unique(cells)) < len(cells)
    scale = float(rows[measure].std())
    result, converged = _fit(rows[measure].to_numpy(np.float64) / scale, design, people, cells if repeated else None)
    count = int(people.max()) + 1
    df = degrees_of_freedom(design, count, int(cells.max()) + 1)
    return _model(measure, result, converged, design, df, scale, repeated, count, len(rows), level)


def _check(rows: pd.DataFrame, measure: str, between: str | None) -> None:
    if not rows[measure].std() > 0:
        raise InputError(f"expected values of {measure} that differ; got {len(rows)} that do not")
    if between:
        groups = rows.groupby(PARTICIPANT, observed=True)[between].nunique()
        if (groups > 1).any():
            name = groups.index[groups > 1][0]
            raise InputError(f"expected each person in one group of {between}; got {name} in {groups[name]}")


def _fit(y: Values, design: Design, people: Places, cells: Places | None) -> tuple[Any, bool]:
    """Return statsmodels' result, and whether the fit converged.

    Args:
        y: ``(rows,)``.
        design: The fixed effects.
        people: ``(rows,)`` numbers of people, 0 and up.
        cells: ``(rows,)`` numbers of each person's conditions, if they have a random effect.
    """
    components = _cell_component(people, cells) if cells is not None else None
    fixed, intercepts = np.column_stack(design.columns), np.ones((len(y), 1))
    model = MixedLM(y, fixed, groups=people, exog_re=intercepts, exog_vc=components)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the result says so, too
        try:
            result = model.fit(reml=True, start_params=_start(y, design, people, cells))
        except np.linalg.LinAlgError as error:
            raise InputError("expected groups and conditions that overlap; got a design without a solution") from error
    return result, bool(result.converged)


def _start(y: Values, design: Design, people: Places, cells: Places | None) -> MixedLMParams:
    """Return start values: variances from mean squares, which are REML's solution for balanced designs."""
    fixed = np.column_stack(design.columns)
    inner = sum(len(places) for factor, places in design.factors.items() if factor in design.within)
    coefficients = np.linalg.lstsq(fixed, y, rcond=None)[0]
    values, owners, squares = y - fixed @ coefficients, people, []
    if cells is not None:
        means, apart = _means(values, cells)
        squares.append((apart, len(values) - len(means)))
        owners = _first(people, cells)
        values = means
    means, apart = _means(values, owners)
    squares.append((apart, len(values) - len(means) - inner))
    squares.append((means, len(means) - fixed.shape[1] + inner))
    variances = [float(np.sum(each**2)) / max(df, 1) for each, df in squares]
    counts = [len(each) for each, _ in squares]
    row = max(variances[0], 1e-6)
    upper = [
        max((variances[n] - variances[n - 1] * counts[n] / counts[n - 1]) / row, _LEAST) for n in range(1, len(counts))
    ]
    return MixedLMParams.from_components(
        fe_params=coefficients, cov_re=np.array([[upper[-1]]]), vcomp=np.array(upper[:-1])
    )


def _means(values: Values, places: Places) -> tuple[Values, Values]:
    """Return the mean of each place, and values minus the mean of theirs."""
    means = np.bincount(places, values) / np.bincount(places)
    return means, values - means[places]


def _first(values: Places, places: Places) -> Places:
    """Return the value of each place, which all of its rows share."""
    return values[np.unique(places, return_index=True)[1]]


def _cell_component(people: Places, cells: Places) -> VCSpec:
    """Return a variance component with an effect of each person's condition."""
    mats, names = [], []
    for person in range(int(people.max()) + 1):
        own = cells[people == person]
        levels = np.unique(own)
        mats.append((own[:, None] == levels).astype(np.float64))
        names.append([str(each) for each in levels])
    return VCSpec(["cell"], [names], [mats])


def _model(
    measure: str,
    result: Any,
    converged: bool,
    design: Design,
    df: Mapping[str, float],
    scale: float,
    repeated: bool,
    people: int,
    rows: int,
    level: float,
) -> MixedModel:
    estimates = np.asarray(result.fe_params) * scale
    covariance = np.asarray(result.cov_params())[: len(estimates), : len(estimates)] * scale**2
    deviation = float(np.sqrt(result.scale)) * scale
    effects, factors = [], []
    for name, places in design.factors.items():
        effects += [_effect(design.names[n], estimates[n], np.sqrt(covariance[n, n]), df[name], level) for n in places]
        weights = averaging_weights(design, name)
        factors.append(_factor(name, weights @ estimates, weights @ covariance @ weights.T, df[name]))
    return MixedModel(
        measure, tuple(effects), tuple(factors), float(estimates[0]),
        float(np.sqrt(max(float(np.asarray(result.cov_re)[0, 0]), 0.0))) * scale,
        float(np.sqrt(max(float(result.vcomp[0]), 0.0))) * scale if repeated else None,
        deviation, people, rows, converged, level,
    )  # fmt: skip


def _effect(term: str, estimate: float, error: float, df: float, level: float) -> MixedEffect:
    t, half = float(estimate / error), float(student_t.ppf((1 + level) / 2, df) * error)
    p = float(2 * student_t.sf(abs(t), df))
    return MixedEffect(term, float(estimate), float(error), float(estimate) - half, float(estimate) + half, t, df, p)


def _factor(name: str, estimates: Values, covariance: Values, df: float) -> MixedFactor:
    f = float(estimates @ np.linalg.solve(covariance, estimates)) / len(estimates)
    return MixedFactor(name, f, len(estimates), df, float(f_distribution.sf(f, len(estimates), df)))
