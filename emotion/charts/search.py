"""Tables and charts of an architecture search: candidates and their Pareto front by generation."""

from __future__ import annotations

import altair as alt
import pandas as pd

from emotion.charts.common import VIOLET, finish

WITHIN_MS = 1.5
"""Time budget per face in the app; the most accurate candidate within it wins."""

_COLUMNS = ("candidate", "generation", "accuracy", "ms_per_face", "network", "input_size", "parameters", "file_bytes")


def is_candidates(table: pd.DataFrame) -> bool:
    """Return whether a table has rows and all columns for :func:`front_chart`."""
    return set(_COLUMNS) <= set(table.columns) and not table.empty


def front_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the Pareto front of accuracy and time, the fastest first."""
    ordered = table.sort_values(["ms_per_face", "accuracy"], ascending=[True, False])
    return ordered[ordered["accuracy"] > ordered["accuracy"].cummax().shift(fill_value=float("-inf"))]


def fronts_by_generation(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the front after each generation, with the generation as ``up_to``."""
    generations = sorted(table["generation"].unique())
    return pd.concat([front_of(table[table["generation"] <= last]).assign(up_to=last) for last in generations])


def winner_of(table: pd.DataFrame, within_ms: float = WITHIN_MS) -> pd.Series:
    """Return the most accurate candidate within the budget, or the fastest if none is."""
    affordable = table[table["ms_per_face"] <= within_ms]
    best = affordable.nlargest(1, "accuracy") if len(affordable) else table.nsmallest(1, "ms_per_face")
    return best.iloc[0]


def front_chart(table: pd.DataFrame) -> alt.LayerChart:
    """Return the accuracy of candidates against their time, later generations darker, and the front as a line.

    Args:
        table: One row per candidate, as ``python -m training search --evolve`` writes them.
    """
    x = alt.X("ms_per_face:Q", title="ms per face, one core", axis=alt.Axis(grid=False))
    y = alt.Y(
        "accuracy:Q", title="Accuracy after short training", scale=alt.Scale(zero=False), axis=alt.Axis(format=".0%")
    )
    points = (
        alt.Chart(table, height=380)
        .mark_circle(size=90, opacity=0.85)
        .encode(
            x=x,
            y=y,
            color=_generation("generation:Q"),
            tooltip=[
                alt.Tooltip("candidate:Q", title="Candidate"),
                alt.Tooltip("generation:Q", title="Generation"),
                alt.Tooltip("accuracy:Q", format=".1%", title="Accuracy"),
                alt.Tooltip("ms_per_face:Q", format=".2f", title="ms"),
                alt.Tooltip("network:N", title="Network"),
                alt.Tooltip("input_size:Q", title="Input, px"),
            ],
        )
    )
    line = alt.Chart(front_of(table)).mark_line(interpolate="step-after", color=VIOLET, strokeWidth=2)
    return finish(line.encode(x=x, y=y) + points, "Accuracy of candidates against their time per face")


def generations_chart(table: pd.DataFrame) -> alt.Chart:
    """Return the front after each generation as a step line, which moves up and left."""
    lines = (
        alt.Chart(fronts_by_generation(table), height=380)
        .mark_line(interpolate="step-after", strokeWidth=2, point=True)
        .encode(
            x=alt.X("ms_per_face:Q", title="ms per face, one core", axis=alt.Axis(grid=False)),
            y=alt.Y(
                "accuracy:Q", title="Pareto front so far", scale=alt.Scale(zero=False), axis=alt.Axis(format=".0%")
            ),
            color=_generation("up_to:Q"),
            detail="up_to:N",
            tooltip=[
                alt.Tooltip("up_to:Q", title="Up to generation"),
                alt.Tooltip("accuracy:Q", format=".1%", title="Accuracy"),
                alt.Tooltip("ms_per_face:Q", format=".2f", title="ms"),
            ],
        )
    )
    return finish(lines, "Best accuracy for each time per face, after each generation")


def _generation(field: str) -> alt.Color:
    scale = alt.Scale(range=["#B9C0CC", VIOLET])
    return alt.Color(field, title="Generation", scale=scale, legend=alt.Legend(orient="top", tickMinStep=1))
