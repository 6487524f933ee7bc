from __future__ import annotations

import datetime as dt

import pytest

from emotion.charts.calendar import calendar_chart, day_table, trend_chart


def table_of(*dates: dt.date):
    return day_table((date, 1, 60.0, {"happiness": 0.6, "neutral": 0.3, "unclear": 0.1}) for date in dates)


def test_an_empty_week_is_shown():
    chart = calendar_chart(table_of(dt.date(2026, 11, 1), dt.date(2026, 11, 18))).to_dict()
    weeks = ["2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16"]
    assert chart["encoding"]["x"]["scale"]["domain"] == weeks
    (rows,) = chart["datasets"].values()
    assert [row["week"] for row in rows] == [weeks[0], weeks[-1]]
    assert [row["weekday"] for row in rows] == ["Sun", "Wed"]


@pytest.mark.parametrize(("last", "step"), [(dt.date(2026, 11, 4), 1), (dt.date(2026, 12, 10), 4)])
def test_day_labels_are_unique(last, step):
    axis = trend_chart(table_of(dt.date(2026, 11, 1), last)).to_dict()["encoding"]["x"]["axis"]
    assert axis["tickCount"] == {"interval": "day", "step": step}
