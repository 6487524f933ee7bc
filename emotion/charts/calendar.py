"""Charts of many days: a calendar of leading expressions, and daily shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt
import pandas as pd

from emotion.analytics.summary import dominant
from emotion.charts.common import EDGE, finish, label_colour
from emotion.labels import EMOTIONS, UNCLEAR

ANSWERS = (*EMOTIONS, UNCLEAR)
LEADING = "leading"
"""Colours a calendar by each day's leading expression instead of one expression's share."""

_WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_CELL_PX = 22
_ISO = "%Y-%m-%d"
_TICKS = 10


def day_table(days: Iterable[tuple[Any, int, float, Mapping[str, float]]]) -> pd.DataFrame:
    """Return one row per day.

    Args:
        days: Date, number of analyses, seconds of faces and share of each answer, per day.

    Returns:
        ``date``, ``week`` (its Monday), ``weekday``, ``analyses``, ``minutes`` (of faces), ``leading``
        and a column per answer, 0–1.
    """
    rows = []
    for date, analyses, faces_s, shares in days:
        day = pd.Timestamp(date)
        clear = {label: shares.get(label, 0.0) for label in EMOTIONS}
        rows.append(
            {
                "date": day,
                "week": day - pd.Timedelta(days=day.weekday()),
                "weekday": _WEEKDAYS[day.weekday()],
                "analyses": analyses,
                "minutes": faces_s / 60,
                LEADING: dominant(clear) or UNCLEAR,
                **{answer: float(shares.get(answer, 0.0)) for answer in ANSWERS},
            }
        )
    columns = ["date", "week", "weekday", "analyses", "minutes", LEADING, *ANSWERS]
    return pd.DataFrame(rows, columns=columns)


def calendar_chart(table: pd.DataFrame, by: str = LEADING) -> alt.Chart:
    """Return a calendar with a cell per day, weeks from left to right, Monday at the top.

    Args:
        table: Table of :func:`day_table`.
        by: :data:`LEADING`, or an expression whose share sets the opacity.
    """
    shown = table.assign(colour=table[LEADING] if by == LEADING else by, share=_share(table, by))
    present = [answer for answer in ANSWERS if answer in set(shown["colour"])]
    # All weeks, also those without analyses.
    weeks = pd.date_range(table["week"].min(), table["week"].max(), freq="7D").strftime(_ISO).tolist()
    shown = shown.assign(week=shown["week"].dt.strftime(_ISO))
    names = alt.Axis(
        labelExpr="utcFormat(toDate(datum.value), '%d %b')", labelAngle=-90, labelOverlap="greedy", ticks=False
    )
    return finish(
        alt.Chart(shown[["date", "week", "weekday", "analyses", "minutes", "colour", "share"]])
        .mark_rect(cornerRadius=3, stroke=EDGE, strokeOpacity=0.35)
        .encode(
            x=alt.X("week:O", title=None, scale=alt.Scale(domain=weeks), axis=names),
            y=alt.Y("weekday:O", sort=_WEEKDAYS, scale=alt.Scale(domain=_WEEKDAYS), title=None),
            color=label_colour(present, "colour:N", legend=None),
            opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.15, 1]), legend=None),
            tooltip=[
                alt.Tooltip("date:T", title="Day", format="%-d %B %Y"),
                alt.Tooltip("analyses:Q", title="Videos"),
                alt.Tooltip("minutes:Q", title="Minutes of faces", format=",.1f"),
                alt.Tooltip("colour:N", title="Leading" if by == LEADING else "Expression"),
                alt.Tooltip("share:Q", title="Share of face time", format=".0%"),
            ],
        )
        .properties(height=alt.Step(_CELL_PX)),
        "Calendar with a cell per day in the colour of "
        + ("its leading expression" if by == LEADING else f"{by}, stronger where it has a larger share"),
    )


def trend_chart(table: pd.DataFrame, height: int = 260) -> alt.Chart:
    """Return each day's shares as a stacked bar, the days on a time axis."""
    answers = [answer for answer in ANSWERS if (table[answer] > 0).any()]
    long = table.melt(["date"], answers, "answer", "share")
    order = {answer: place for place, answer in enumerate(answers)}
    span = 1 if table.empty else (table["date"].max() - table["date"].min()).days + 1
    # At least a day apart, as ticks at hours would repeat each day's label.
    days = {"interval": "day", "step": max(-(-span // _TICKS), 1)}
    axis = alt.Axis(format="%d %b", tickCount=days, labelOverlap="greedy", labelSeparation=8, grid=False)
    return finish(
        alt.Chart(long.assign(place=long["answer"].map(order)), height=height)
        .mark_bar(size=alt.ExprRef(f"clamp(0.8 * width / {span}, 2, 28)"))
        .encode(
            x=alt.X("date:T", title=None, axis=axis),
            y=alt.Y("share:Q", title="Share of face time", axis=alt.Axis(format=".0%"), stack="zero"),
            color=label_colour(answers, "answer:N", legend=None),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("date:T", title="Day", format="%-d %B %Y"),
                alt.Tooltip("answer:N", title="Expression"),
                alt.Tooltip("share:Q", title="Share", format=".0%"),
            ],
        ),
        "Bars with the share of each expression per day",
    )


def _share(table: pd.DataFrame, by: str) -> pd.Series:
    if by != LEADING:
        return table[by]
    return pd.Series([row[row[LEADING]] for _, row in table.iterrows()], index=table.index, dtype="float64")
