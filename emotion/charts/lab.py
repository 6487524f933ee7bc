"""Charts that compare models: cost, training, scores per class and condition, coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import altair as alt
import pandas as pd

from emotion.charts.common import EDGE, INK, finish, interval_tooltips, name_axis, percent_axis
from emotion.evaluation.scores import COSTS, Record, abstention_table, class_table, coverage_table, robustness_table

MODEL_COLOURS: tuple[str, ...] = (
    "#7C6CF0",
    "#C9457F",
    "#2F9C95",
    "#A0764A",
    "#6B8F2A",
    "#B86AD9",
    "#5F7FB0",
    "#B5524A",
    "#3F8FD0",
    "#8A8A2E",
    "#1F7A5C",
    "#CF667E",
    "#7A5C99",
    "#566E7B",
    "#9D26D9",
    "#1B8398",
    "#4E9B47",
    "#D0529F",
    "#B8742A",
)
"""Colours of models, none of which is an expression's; repeated for more models."""

_WIDE_PX = 560
"""Width from which a chart has room for names beside its points."""

_FEW_POINTS = 80
"""Most points of training curves that are drawn."""

_NAME_WIDTH, _NAME_HEIGHT = 0.15, 0.05
"""Approximate size of a name, as shares of the axes of cost and accuracy."""

_LEFT_FROM = 0.8
"""Share of the axis from which a name is at the left of its point."""


def model_colour(model: str, models: Sequence[str]) -> str:
    """Return a model's colour among the models of a page."""
    return MODEL_COLOURS[list(models).index(model) % len(MODEL_COLOURS)]


def _model_colour(models: Sequence[str], legend: alt.Legend | None = None) -> alt.Color:
    colours = [model_colour(model, models) for model in models]
    return alt.Color("model:N", scale=alt.Scale(domain=list(models), range=colours), legend=legend)


def _legend(models: Sequence[str]) -> alt.Legend:
    return alt.Legend(
        title=None, orient="top", columns=2, symbolType="circle", symbolOpacity=1, labelLimit=160, values=list(models)
    )


def cost_scatter(table: pd.DataFrame, cost: str, models: Sequence[str]) -> alt.LayerChart:
    """Return accuracy with its 95% interval against cost per face, without a legend, which may be long.

    Args:
        table: Table of :func:`emotion.evaluation.scores.score_table`; rows without accuracy or cost are left out.
        cost: A key of :data:`emotion.evaluation.scores.COSTS`.
        models: All models, which fixes their colours.
    """
    rows = table.dropna(subset=["accuracy", cost]).astype({"accuracy": float, "low": float, "high": float, cost: float})
    y_scale = alt.Scale(zero=False, nice=True)
    shown = rows[["model", "accuracy", "low", "high", cost]].assign(name=_free_names(rows, cost))
    base = alt.Chart(shown, height=340).encode(
        x=alt.X(f"{cost}:Q", title=COSTS[cost], scale=alt.Scale(zero=True, nice=True), axis=alt.Axis(grid=False)),
        color=_model_colour(models),
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("accuracy:Q", format=".1%", title="Accuracy"),
            *interval_tooltips(".1%"),
            alt.Tooltip(f"{cost}:Q", format=",.2f", title=COSTS[cost]),
        ],
    )
    y = alt.Y("low:Q", title="Accuracy", scale=y_scale, axis=alt.Axis(format=".0%"))
    whiskers = base.mark_rule(strokeWidth=2).encode(y=y, y2="high:Q")
    placed = base.encode(y=alt.Y("accuracy:Q", scale=y_scale))
    points = placed.mark_circle(size=140, opacity=1)
    limit = _LEFT_FROM * rows[cost].max()
    left, right = _names(placed, cost, f">= {limit}", "right", -11), _names(placed, cost, f"< {limit}", "left", 11)
    return finish(whiskers + points + left + right, f"Accuracy of each model against {COSTS[cost]}")


def _free_names(rows: pd.DataFrame, cost: str) -> list[str]:
    """Return the name to write beside each point; empty where it would overlap that of an earlier row."""
    width = _NAME_WIDTH * rows[cost].max()
    height = _NAME_HEIGHT * (rows["high"].max() - rows["low"].min())
    names, taken = [], list[tuple[float, float]]()
    for model, x, y in zip(rows["model"], rows[cost], rows["accuracy"], strict=True):
        free = all(abs(x - left) > width or abs(y - top) > height for left, top in taken)
        names.append(model if free else "")
        taken += [(x, y)] if free else []
    return names


def _names(base: alt.Chart, cost: str, which: str, align: Literal["left", "right"], dx: int) -> alt.Chart:
    """Return the names of some points as text beside them, in wide charts only; the legend names all."""
    room = alt.ExprRef(f"width > {_WIDE_PX} ? datum.name : ''")
    marks = base.transform_filter(f"datum['{cost}'] {which}").mark_text(align=align, dx=dx, fontSize=11)
    return marks.encode(text=alt.value(room), color=alt.value(INK))


def training_curves(
    histories: Mapping[str, pd.DataFrame], measure: str, title: str, models: Sequence[str]
) -> alt.LayerChart:
    """Return training curves, validation solid and training dashed.

    Args:
        histories: Model → a row per epoch with ``epoch``, and ``measure`` and ``public_<measure>`` if known.
        measure: ``"accuracy"`` or ``"loss"``.
        title: Title of the measure.
        models: All models, which fixes their colours.
    """
    kinds = {"validation": f"public_{measure}", "training": measure}
    tables = [
        history[["epoch"]].assign(model=model, kind=kind, value=history[column])
        for model, history in histories.items()
        for kind, column in kinds.items()
        if column in history
    ]
    rows = pd.concat(tables) if tables else pd.DataFrame(columns=["epoch", "model", "kind", "value"])
    percent = measure == "accuracy"
    dash = alt.StrokeDash("kind:N", scale=alt.Scale(domain=list(kinds), range=[[1, 0], [4, 3]]), legend=None)
    base = alt.Chart(rows, height=300).encode(
        x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(grid=False, tickMinStep=1, format="d")),
        y=alt.Y("value:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(format=".0%" if percent else ".1f")),
        color=_model_colour(models, _legend(list(histories))),
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("kind:N", title="On"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip("value:Q", format=".1%" if percent else ".3f", title=title),
        ],
    )
    lines = base.mark_line(strokeWidth=2).encode(strokeDash=dash, detail="kind:N")
    # Points of many epochs would hide the dashes; without a colour they still have tooltips.
    points = base.mark_circle(size=24, opacity=1 if len(rows) <= _FEW_POINTS else 0)
    return finish(lines + points, f"{title} of each model over the epochs of its training")


def class_bars(records: Mapping[str, Record], measure: str, models: Sequence[str]) -> alt.LayerChart:
    """Return one measure of every label as bars, one per model.

    Args:
        records: Model → figures.
        measure: ``"Precision"``, ``"Recall"`` or ``"F1"``.
        models: All models, which fixes their colours.
    """
    rows = class_table(records)
    tooltip = [
        alt.Tooltip("model:N", title="Model"),
        alt.Tooltip("emotion:N", title="Expression"),
        alt.Tooltip("score:Q", format=".1%", title=measure),
        alt.Tooltip("support:Q", format=",", title="Faces"),
    ]
    return _grouped_bars(rows[rows["measure"] == measure], "emotion", "score", measure, tooltip, models)


def robustness_bars(found: Mapping[str, Mapping[str, Record]], models: Sequence[str]) -> alt.LayerChart:
    """Return accuracy under each condition as bars, one per model.

    Args:
        found: Model → condition → figures.
        models: All models, which fixes their colours.
    """
    tooltip = [
        alt.Tooltip("model:N", title="Model"),
        alt.Tooltip("condition:N", title="Faces"),
        alt.Tooltip("accuracy:Q", format=".1%", title="Accuracy"),
        alt.Tooltip("lost:Q", format=".1%", title="Accuracy lost vs. clean faces"),
        *interval_tooltips(".1%"),
    ]
    return _grouped_bars(robustness_table(found), "condition", "accuracy", "Accuracy", tooltip, models)


def _grouped_bars(
    rows: pd.DataFrame, group: str, value: str, title: str, tooltip: list[alt.Tooltip], models: Sequence[str]
) -> alt.LayerChart:
    """Return labelled bars of shares: a group per value of ``group``, with a bar per model."""
    groups, shown = (rows[column].unique().tolist() for column in (group, "model"))
    band = 18 * max(len(shown), 1) + 14
    names = name_axis()
    names.labelLimit = 180
    base = alt.Chart(rows, height=band * len(groups) + 70).encode(
        y=alt.Y(f"{group}:N", sort=groups, title=None, axis=names),
        yOffset=alt.YOffset("model:N", sort=shown),
        x=alt.X(f"{value}:Q", title=title, scale=alt.Scale(domain=[0, 1.12]), axis=alt.Axis(format="%", tickCount=4)),
        tooltip=tooltip,
    )
    bars = base.mark_bar(cornerRadiusEnd=3).encode(color=_model_colour(models, _legend(shown)))
    figures = base.mark_text(align="left", dx=4, fontSize=10, color=INK).encode(
        text=alt.Text(f"{value}:Q", format=".0%")
    )
    return finish(bars + figures, f"{title} of each model by {group}".replace("emotion", "expression"))


def coverage_chart(records: Mapping[str, Record], models: Sequence[str]) -> alt.LayerChart:
    """Return accuracy against coverage, with each model's limit marked.

    Args:
        records: Model → figures; those without a curve are not drawn.
        models: All models, which fixes their colours.
    """
    curves = coverage_table(records)
    # Without an answer above the limit, there is no accuracy to mark.
    limits = abstention_table(records).dropna(subset=["accuracy"])
    x = alt.X("coverage:Q", title="Faces answered, %", scale=alt.Scale(domain=[0, 1]), axis=percent_axis())
    y = alt.Y("accuracy:Q", title="Accuracy of these answers, %", scale=alt.Scale(zero=False), axis=percent_axis())
    colour = _model_colour(models, _legend(curves["model"].unique().tolist()))
    tooltip = [
        alt.Tooltip("model:N", title="Model"),
        alt.Tooltip("coverage:Q", format=".1%", title="Faces answered"),
        alt.Tooltip("accuracy:Q", format=".1%", title="Answers right"),
    ]
    base = alt.Chart(curves, height=360).encode(x=x, y=y, color=colour, tooltip=tooltip)
    # Lines show tooltips only exactly at their corners, so wide invisible points are added.
    lines = base.mark_line(strokeWidth=2) + base.mark_circle(size=90, opacity=0)
    own = [*tooltip, alt.Tooltip("abstain_below:Q", format=".0%", title="Threshold: unclear below")]
    marks = alt.Chart(limits).mark_point(shape="diamond", size=150, filled=True, opacity=1, stroke=EDGE)
    return finish(
        lines + marks.encode(x=x, y=y, color=colour, tooltip=own),
        "Accuracy of each model against the share of faces that it answers",
    )
