"""Charts of one model's figures: confusion matrix and calibration."""

from __future__ import annotations

import altair as alt
import pandas as pd

from emotion.charts.common import EDGE, HUE, INK, STRONGEST, finish, name_axis, percent_axis
from emotion.evaluation.scores import Record, confusion_table, reliability_table
from emotion.labels import display_order

_CELL_PX = 34


def confusion_chart(record: Record, *, shares: bool) -> alt.LayerChart:
    """Return a confusion matrix, rows true and columns answered, tinted by the share of the row.

    Args:
        record: The model's figures.
        shares: Show percentages of the row instead of counts.
    """
    labels = display_order(record["per_class"])
    rows = confusion_table(record)
    # Opacity instead of a colour scale, so that 0 is invisible on any background.
    rows["fill"] = [f"rgba({HUE},{0.04 + (STRONGEST - 0.04) * share:.3f})" for share in rows["share"]]
    rows["text"] = [f"{share:.0%}".rstrip("%") for share in rows["share"]] if shares else rows["count"].astype(str)
    base = alt.Chart(rows, height=_CELL_PX * len(labels) + 80).encode(
        x=alt.X("answered:N", sort=labels, title="Answered", axis=name_axis(-60)),
        y=alt.Y("true:N", sort=labels, title="True", axis=name_axis()),
        tooltip=[
            alt.Tooltip("true:N", title="True"),
            alt.Tooltip("answered:N", title="Answered"),
            alt.Tooltip("count:Q", format=",", title="Faces"),
            alt.Tooltip("share:Q", format=".1%", title="Share of the true label"),
        ],
    )
    cells = base.mark_rect(cornerRadius=3).encode(color=alt.Color("fill:N", scale=None))
    figures = base.mark_text(fontSize=11, color=INK).encode(text="text:N")
    return finish(cells + figures, "Confusion matrix: true expressions in rows, answers in columns")


def reliability_chart(record: Record, colour: str) -> alt.LayerChart:
    """Return accuracy against probability; the diagonal is perfect calibration, larger points are more answers.

    Args:
        record: The model's figures.
        colour: The model's colour, ``#rrggbb``.
    """
    rows = reliability_table(record)
    scale = alt.Scale(domain=["before", "after"], range=[EDGE, colour])
    base = alt.Chart(rows, height=360).encode(
        x=alt.X("confidence:Q", title="Stated probability", scale=alt.Scale(domain=[0, 1]), axis=percent_axis()),
        y=alt.Y("accuracy:Q", title="Share right", scale=alt.Scale(domain=[0, 1]), axis=percent_axis()),
        color=alt.Color("when:N", scale=scale, legend=alt.Legend(title=None, orient="top", symbolType="circle")),
        tooltip=[
            alt.Tooltip("when:N", title="Temperature scaling"),
            alt.Tooltip("confidence:Q", format=".1%", title="Stated probability"),
            alt.Tooltip("accuracy:Q", format=".1%", title="Share right"),
            alt.Tooltip("count:Q", format=",", title="Faces"),
        ],
    )
    ideal = alt.Chart(pd.DataFrame({"confidence": [0.0, 1.0], "accuracy": [0.0, 1.0]}))
    diagonal = ideal.mark_line(strokeDash=[5, 4], strokeWidth=1, color=EDGE).encode(x="confidence:Q", y="accuracy:Q")
    points = base.mark_circle(opacity=0.95).encode(
        size=alt.Size("count:Q", scale=alt.Scale(range=[25, 260]), legend=None)
    )
    return finish(
        diagonal + base.mark_line(strokeWidth=2) + points,
        "Accuracy against the predicted probability; on the diagonal they are equal",
    )
