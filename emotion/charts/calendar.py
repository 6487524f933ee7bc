"""Charts of many days: a calendar of leading expressions, and daily shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt
import pandas as pd

from emotion.analytics.summary import dominant
from emotion.charts.common import EDGE, answer_letters, finish, label_colour
from emotion.labels import EMOTIONS, UNCLEAR

ANSWERS = (*EMOTIONS, UNCLEAR)
LEADING = "leading"
"""Colours a calendar by each day's leading expression instead of one expression's share."""

_WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_CELL_PX = 22
_ISO = "%Y-%m-%d"
_TICKS = 10
_WIDEST_BAR_PX, _LETTERS_PX = 28, 16


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


def calendar_chart(table: pd.DataFrame, by: str = LEADING) -> alt.LayerChart:
    """Return a calendar with a cell per day, weeks from left to right, Monday at the top.

    Args:
        table: Table of :func:`day_table`.
        by: :data:`LEADING` writes two letters of the leading expression on its colour; an expression's share sets the
            opacity instead.
    """
    leading = by == LEADING
    shown = table.assign(colour=table[LEADING] if leading else by, share=_share(table, by))
    shown = shown.assign(week=shown["week"].dt.strftime(_ISO))
    cells = _day_cells(shown, "Leading" if leading else "Expression")
    if leading:
        layers = [
            cells,
            answer_letters(shown[["week", "weekday", "colour"]], "colour").encode(x="week:O", y="weekday:O"),
        ]
    else:
        strength = alt.Scale(domain=[0, 1], range=[0.15, 1])
        layers = [cells.encode(opacity=alt.Opacity("share:Q", scale=strength, legend=None))]
    return finish(
        alt.LayerChart(layer=layers, height=alt.Step(_CELL_PX), width=alt.Step(_CELL_PX)),
        "Calendar with a cell per day in the colour of "
        + ("its leading expression" if leading else f"{by}, stronger where it has a larger share"),
    )


def _day_cells(shown: pd.DataFrame, title: str) -> alt.Chart:
    present = [answer for answer in ANSWERS if answer in set(shown["colour"])]
    # All weeks, also those without analyses.
    weeks = pd.date_range(shown["week"].min(), shown["week"].max(), freq="7D").strftime(_ISO).tolist()
    names = alt.Axis(
        labelExpr="utcFormat(toDate(datum.value), '%-d %b')", labelAngle=-90, labelOverlap="greedy", ticks=False
    )
    return (
        alt.Chart(shown[["date", "week", "weekday", "analyses", "minutes", "colour", "share"]])
        .mark_rect(cornerRadius=3, stroke=EDGE, strokeOpacity=0.35)
        .encode(
            x=alt.X("week:O", title=None, scale=alt.Scale(domain=weeks), axis=names),
            y=alt.Y("weekday:O", sort=_WEEKDAYS, scale=alt.Scale(domain=_WEEKDAYS), title=None),
            color=label_colour(present, "colour:N", legend=None),
            tooltip=[
                alt.Tooltip("date:T", title="Day", format="%-d %B %Y"),
                alt.Tooltip("analyses:Q", title="Videos"),
                alt.Tooltip("minutes:Q", title="Minutes of faces", format=",.1f"),
                alt.Tooltip("colour:N", title=title),
                alt.Tooltip("share:Q", title="Share of face time", format=".0%"),
            ],
        )
    )


def trend_chart(table: pd.DataFrame) -> alt.LayerChart:
    """Return each day's shares as a stacked bar, the days on a time axis."""
    answers = [answer for answer in ANSWERS if (table[answer] > 0).any()]
    long = table.melt(["date"], answers, "answer", "share")
    long = long.assign(place=long["answer"].map({answer: place for place, answer in enumerate(answers)}))
    span = 1 if table.empty else (table["date"].max() - table["date"].min()).days + 1
    # At least a day apart, as ticks at hours would repeat each day's label.
    days = {"interval": "day", "step": max(-(-span // _TICKS), 1)}
    axis = alt.Axis(format="%-d %b", tickCount=days, labelOverlap="greedy", labelSeparation=8, grid=False)
    # Room for half a bar at either end.
    x = alt.X("date:T", title=None, axis=axis, scale=alt.Scale(padding=_WIDEST_BAR_PX / 2 + 2))
    bar_px = f"clamp(0.8 * width / {span}, 2, {_WIDEST_BAR_PX})"
    bars = _share_bars(long, x, bar_px).encode(color=label_colour(answers, "answer:N", legend=None))
    room = f"{bar_px} >= {_LETTERS_PX} && datum.share * height >= {_LETTERS_PX}"
    letters = answer_letters(long[long["share"] > 0], "answer", room).encode(
        x=x, y=alt.Y("share:Q", stack="zero", bandPosition=0.5), order=alt.Order("place:Q")
    )
    return finish(alt.LayerChart(layer=[bars, letters], height=260), "Bars with the share of each expression per day")


def _share_bars(long: pd.DataFrame, x: alt.X, bar_px: str) -> alt.Chart:
    # Explicit, as rounding may add shares up to a little over 1.
    whole = alt.Scale(domain=[0, 1], clamp=True)
    return (
        alt.Chart(long)
        .mark_bar(size=alt.ExprRef(bar_px))
        .encode(
            x=x,
            y=alt.Y("share:Q", title="Share of face time", axis=alt.Axis(format=".0%"), stack="zero", scale=whole),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("date:T", title="Day", format="%-d %B %Y"),
                alt.Tooltip("answer:N", title="Expression"),
                alt.Tooltip("share:Q", title="Share", format=".0%"),
            ],
        )
    )


def _share(table: pd.DataFrame, by: str) -> pd.Series:
    if by != LEADING:
        return table[by]
    return pd.Series([row[row[LEADING]] for _, row in table.iterrows()], index=table.index, dtype="float64")
