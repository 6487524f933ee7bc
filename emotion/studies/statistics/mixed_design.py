"""The fixed effects of a linear mixed model: coded columns, degrees of freedom and averages over levels."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from emotion.errors import InputError
from emotion.studies.statistics.resampling import Values


@dataclass(frozen=True)
class Design:
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


def design_of(rows: pd.DataFrame, within: str | None, between: str | None, reference: Mapping[str, str]) -> Design:
    """Return treatment-coded columns, the intercept first."""
    design = Design(["intercept"], [np.ones(len(rows))], {}, {within} if within else set(), {})
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


def _add(design: Design, factor: str, columns: Sequence[tuple[str, Values]]) -> None:
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


def degrees_of_freedom(design: Design, people: int, cells: int) -> dict[str, float]:
    """Return between-within degrees of freedom of each factor."""
    terms = {factor: len(columns) for factor, columns in design.factors.items()}
    inner = sum(count for factor, count in terms.items() if factor in design.within)
    outer = sum(count for factor, count in terms.items() if factor not in design.within)
    df = {factor: cells - people - inner if factor in design.within else people - 1 - outer for factor in terms}
    for factor, left in df.items():
        if left < 1:
            raise InputError(f"expected more people than terms of {factor}; got {people} people")
    return {factor: float(left) for factor, left in df.items()}


def averaging_weights(design: Design, factor: str) -> Values:
    """Return weights of the effects that average a factor's over the levels of the other, ``(terms, effects)``."""
    own = design.factors[factor]
    weights = np.eye(len(design.names))[own]
    levels = len(design.pairs) // len(own) + 1
    for place, pair in design.pairs.items():
        for row, term in enumerate(own):
            weights[row, place] += (term in pair) / levels
    return weights
