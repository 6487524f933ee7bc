from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree

import pytest
import vl_convert

from emotion.charts.calendar import calendar_chart, day_table, trend_chart


def table_of(*dates: dt.date):
    return day_table((date, 1, 60.0, {"happiness": 0.6, "neutral": 0.3, "unclear": 0.1}) for date in dates)


def test_an_empty_week_is_shown():
    chart = calendar_chart(table_of(dt.date(2026, 11, 1), dt.date(2026, 11, 18))).to_dict()
    weeks = ["2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16"]
    cells = chart["layer"][0]
    assert cells["encoding"]["x"]["scale"]["domain"] == weeks
    rows = chart["datasets"][cells["data"]["name"]]
    assert [row["week"] for row in rows] == [weeks[0], weeks[-1]]
    assert [row["weekday"] for row in rows] == ["Sun", "Wed"]


@pytest.mark.parametrize(("last", "step"), [(dt.date(2026, 11, 4), 1), (dt.date(2026, 12, 10), 4)])
def test_day_labels_are_unique(last, step):
    axis = trend_chart(table_of(dt.date(2026, 11, 1), last)).to_dict()["layer"][0]["encoding"]["x"]["axis"]
    assert axis["tickCount"] == {"interval": "day", "step": step}


def texts_of(chart) -> list[str]:
    svg = ElementTree.fromstring(vl_convert.vegalite_to_svg(chart.to_dict()))
    return [text.text or "" for text in svg.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.slow
def test_days_have_letters_of_their_expressions():
    days = table_of(dt.date(2026, 11, 1), dt.date(2026, 11, 3))
    assert texts_of(calendar_chart(days)).count("Ha") == 2
    # Bars are 300 px high and days 100 px wide, so that even a tenth of a bar has room for a letter.
    shown = texts_of(trend_chart(days))
    assert [shown.count(letters) for letters in ("Ne", "Ha", "?")] == [2, 2, 2]
    many = table_of(*(dt.date(2026, 11, 1) + dt.timedelta(days=day) for day in range(60)))
    assert not {"Ne", "Ha", "?"} & set(texts_of(trend_chart(many)))


def test_the_share_of_one_expression_needs_no_letters():
    assert "Ha" not in texts_of(calendar_chart(table_of(dt.date(2026, 11, 1)), "happiness"))
