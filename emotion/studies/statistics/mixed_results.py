"""Results of a linear mixed model."""

from __future__ import annotations

from dataclasses import dataclass

from emotion.studies.statistics.resampling import LEVEL


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
