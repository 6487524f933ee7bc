"""Expressions by day: a calendar and a trend."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from emotion.charts.calendar import ANSWERS, LEADING, calendar_chart, day_table, trend_chart
from emotion.labels import EMOTIONS
from emotion.library import Repository, days
from ui.common.charts import show_chart
from ui.common.plain import plain
from ui.common.widgets import browser_zone, chips

PERIODS = {28: "4 weeks", 91: "3 months", 365: "A year", 0: "All"}

_TREND = (
    "Shares of the time with a face, over all videos of a day. A video counts on its recording day if the file states "
    "one, otherwise on the day it was added."
)


def show_days(library: Repository) -> None:
    """Show each day's expressions, from all finished analyses."""
    table = day_table((day.date, day.analyses, day.faces_s, day.shares) for day in days(library, zone=browser_zone()))
    if table.empty:
        st.info("Days appear here once a video is analysed.", icon=":material/calendar_month:")
        return
    by, period = _choose_display()
    shown = table if not period else table[table["date"] > table["date"].max() - dt.timedelta(days=period)]
    chips(answer for answer in ANSWERS if (shown[answer] > 0).any())
    of_days = (
        "Each cell is a day, in the colour and with two letters of its dominant expression, without unclear time."
        if by == LEADING else
        f"Each cell is a day. Stronger colour: larger share of {plain(by)} of the time with a face."
    )  # fmt: skip
    with st.container(key="calendar"):
        show_chart(calendar_chart(shown, by), "library_calendar", "calendar", how=[of_days], width="content")
    show_chart(trend_chart(shown), "library_trend", "trend", how=[_TREND])


def _choose_display() -> tuple[str, int]:
    with st.container(horizontal=True):
        by = st.selectbox(
            "Colour by", [LEADING, *EMOTIONS], key="library_day_colour", persist_state="session", width=220,
            format_func=lambda name: "Leading expression" if name == LEADING else f"Share of {name}",
        )  # fmt: skip
        period = st.segmented_control(
            "Period",
            list(PERIODS),
            default=91,
            required=True,
            format_func=PERIODS.__getitem__,
            key="library_period",
            persist_state="session",
        )
    return by, period
