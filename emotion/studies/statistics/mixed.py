"""Linear mixed models of a measure: conditions within people, groups between people, and both at once."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f as f_distribution
from scipy.stats import t as student_t
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams, VCSpec
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from emotion.errors import InputError
from emotion.studies.statistics.resampling import LEVEL, Values
from emotion.studies.statistics.tables import PARTICIPANT, expect_columns

Places = NDArray[np.intp]
"""``(rows,)`` numbers of people or of their conditions."""

_LEAST = 1e-3
"""Least variance, relative to that of rows, at which the search begins: at 0 it would stay."""


@dataclass(frozen=True)
class MixedEffect:
    """One fixed effect: a level of a factor against the reference level, or an interaction.

    In a model with two factors, the effect of one is at the reference level of the other.

    Attributes:
        term: Such as ``condition: film − rest``.
        estimate: Difference in units of the measure.
        error: Its standard error.
        low: Lower limit of its interval.
        high: Upper limit.
        t: estimate ÷ error.
        df: Degrees of freedom of t.
        p: Two-sided p-value.
    """

    term: str
    estimate: float
    error: float
    low: float
    high: float
    t: float
    df: float
    p: float


@dataclass(frozen=True)
class MixedFactor:
    """Wald's test of a factor's main effect, averaged over the levels of the other factor, or of their interaction.

    Attributes:
        name: The column, or both joined by ``×``.
        f: Wald's F.
        df: Number of its terms.
        error_df: Degrees of freedom of the error.
        p: p-value.
    """

    name: str
    f: float
    df: int
    error_df: float
    p: float


@dataclass(frozen=True)
class MixedModel:
    """A fitted model.

    Attributes:
        measure: What is modelled.
        effects: The fixed effects without the intercept.
        factors: A test of each factor and of the interaction.
        intercept: Mean at the reference levels.
        sd_participant: Standard deviation between people.
        sd_cell: Standard deviation of people's own responses to the conditions; None without repeated rows.
        sd_residual: Standard deviation of the rest.
        people: Number of people.
        rows: Number of rows with a value.
        converged: Whether the fit converged; if not, do not use it.
        level: Coverage of the intervals.
    """

    measure: str
    effects: tuple[MixedEffect, ...]
    factors: tuple[MixedFactor, ...]
    intercept: float
    sd_participant: float
    sd_cell: float | None
    sd_residual: float
    people: int
    rows: int
    converged: bool
    level: float = LEVEL


@dataclass(frozen=True)
class _Design:
    """The fixed effects.

    Attributes:
        names: Name of each column.
        columns: ``(rows,)`` each.
        factors: Factor, or both joined by ``×`` → numbers of its columns.
        within: Factors, and an interaction with one, that vary within people.
        pairs: Number of an interaction's column → numbers of the two columns that it multiplies.
    """

    names: list[str]
    columns: list[Values]
    factors: dict[str, list[int]]
    within: set[str]
    pairs: dict[int, tuple[int, int]]


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
    design = _design(rows, within, between, reference or {})
    people: Places = np.asarray(pd.factorize(rows[PARTICIPANT], sort=True)[0], np.intp)
    cells = people
    if within:
        cells = np.asarray(rows.groupby([PARTICIPANT, within], observed=True).ngroup(), np.intp)
    repeated = within is not None and len(np.unique(cells)) < len(cells)
    scale = float(rows[measure].std())
    result, converged = _fit(rows[measure].to_numpy(np.float64) / scale, design, people, cells if repeated else None)
    count = int(people.max()) + 1
    df = _degrees(design, count, int(cells.max()) + 1)
    return _model(measure, result, converged, design, df, scale, repeated, count, len(rows), level)


def _check(rows: pd.DataFrame, measure: str, between: str | None) -> None:
    if not rows[measure].std() > 0:
        raise InputError(f"expected values of {measure} that differ; got {len(rows)} that do not")
    if between:
        groups = rows.groupby(PARTICIPANT, observed=True)[between].nunique()
        if (groups > 1).any():
            name = groups.index[groups > 1][0]
            raise InputError(f"expected each person in one group of {between}; got {name} in {groups[name]}")


def _design(rows: pd.DataFrame, within: str | None, between: str | None, reference: Mapping[str, str]) -> _Design:
    """Return treatment-coded columns, the intercept first."""
    design = _Design(["intercept"], [np.ones(len(rows))], {}, {within} if within else set(), {})
    coded: list[list[tuple[str, Values]]] = []
    for column in (within, between):
        if column:
            coded.append(_coded(rows[column], reference.get(column)))
            _add(design, column, coded[-1])
    if within and between:
        name, first = f"{within} × {between}", len(design.names)
        products = itertools.product(design.factors[within], design.factors[between])
        design.pairs.update(enumerate(products, start=first))
        _add(design, name, [(f"{n} × {m}", x * y) for (n, x), (m, y) in itertools.product(*coded)])
        design.within.add(name)
    return design


def _add(design: _Design, factor: str, columns: Sequence[tuple[str, Values]]) -> None:
    design.factors[factor] = list(range(len(design.names), len(design.names) + len(columns)))
    design.names.extend(name for name, _ in columns)
    design.columns.extend(column for _, column in columns)


def _coded(values: pd.Series, reference: str | None) -> list[tuple[str, Values]]:
    levels = sorted(values.unique(), key=str)
    first = levels[0] if reference is None else reference
    if first not in levels:
        raise InputError(
            f"expected a reference level of {values.name} among {', '.join(map(str, levels))}; got {first}"
        )
    if len(levels) < 2:
        raise InputError(f"expected at least two levels of {values.name}; got {first} only")
    others = [each for each in levels if each != first]
    return [(f"{values.name}: {each} − {first}", (values == each).to_numpy(np.float64)) for each in others]


def _fit(y: Values, design: _Design, people: Places, cells: Places | None) -> tuple[Any, bool]:
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


def _start(y: Values, design: _Design, people: Places, cells: Places | None) -> MixedLMParams:
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


def _degrees(design: _Design, people: int, cells: int) -> dict[str, float]:
    """Return between-within degrees of freedom of each factor."""
    terms = {factor: len(columns) for factor, columns in design.factors.items()}
    inner = sum(count for factor, count in terms.items() if factor in design.within)
    outer = sum(count for factor, count in terms.items() if factor not in design.within)
    df = {factor: cells - people - inner if factor in design.within else people - 1 - outer for factor in terms}
    for factor, left in df.items():
        if left < 1:
            raise InputError(f"expected more people than terms of {factor}; got {people} people")
    return {factor: float(left) for factor, left in df.items()}


def _model(
    measure: str,
    result: Any,
    converged: bool,
    design: _Design,
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
        weights = _averaging(design, name)
        factors.append(_factor(name, weights @ estimates, weights @ covariance @ weights.T, df[name]))
    return MixedModel(
        measure, tuple(effects), tuple(factors), float(estimates[0]),
        float(np.sqrt(max(float(np.asarray(result.cov_re)[0, 0]), 0.0))) * scale,
        float(np.sqrt(max(float(result.vcomp[0]), 0.0))) * scale if repeated else None,
        deviation, people, rows, converged, level,
    )  # fmt: skip


def _averaging(design: _Design, factor: str) -> Values:
    """Return weights of the effects that average a factor's over the levels of the other, ``(terms, effects)``."""
    own = design.factors[factor]
    weights = np.eye(len(design.names))[own]
    levels = len(design.pairs) // len(own) + 1
    for place, pair in design.pairs.items():
        for row, term in enumerate(own):
            weights[row, place] += (term in pair) / levels
    return weights


def _effect(term: str, estimate: float, error: float, df: float, level: float) -> MixedEffect:
    t, half = float(estimate / error), float(student_t.ppf((1 + level) / 2, df) * error)
    p = float(2 * student_t.sf(abs(t), df))
    return MixedEffect(term, float(estimate), float(error), float(estimate) - half, float(estimate) + half, t, df, p)


def _factor(name: str, estimates: Values, covariance: Values, df: float) -> MixedFactor:
    f = float(estimates @ np.linalg.solve(covariance, estimates)) / len(estimates)
    return MixedFactor(name, f, len(estimates), df, float(f_distribution.sf(f, len(estimates), df)))
