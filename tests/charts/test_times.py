from __future__ import annotations

import json
import re

import altair as alt
import pandas as pd
import pytest
import vl_convert

from emotion.charts.timeline import timeline_chart
from emotion.charts.times import ends_of, moment_tooltip, seconds_axis, with_times
from tests.conftest import make_analysis


def svg_of(chart) -> str:
    return vl_convert.vegalite_to_svg(json.dumps(chart.to_dict()))


def ticks(end_s: float, start_s: float = 0.0) -> list[str]:
    """Return the texts along an axis as they are drawn, its title last."""
    table = pd.DataFrame({"time_s": [start_s, end_s], "y": [0, 0]})
    chart = alt.Chart(table, width=800).mark_point().encode(x=seconds_axis(domain=[start_s, end_s]))
    return re.findall(r"<text[^>]*>([^<]+)</text>", svg_of(chart))


def test_a_short_video_has_seconds():
    assert ticks(60)[:2] == ["0", "10"]
    assert ticks(60)[-1] == "Time, s"


def test_a_long_video_has_minutes_and_seconds_at_whole_minutes():
    assert ticks(2500) == ["0:00", "10:00", "20:00", "30:00", "40:00", "Time, min:s"]
    assert ticks(300)[1] == "1:00"


def test_a_film_has_hours():
    assert ticks(7400)[-3:] == ["1:30:00", "2:00:00", "Time, h:min:s"]


def test_a_short_span_of_a_long_video_has_parts_of_seconds():
    assert ticks(2502, 2500)[:2] == ["41:40.0", "41:40.5"]


@pytest.mark.parametrize(
    "time_s, text",
    [(12.344, "12.34 s"), (-3.0, "−3.00 s"), (119.999, "2:00.00"), (2500.25, "41:40.25"), (3723.5, "1:02:03.50")],
)
def test_a_tooltip_has_the_time_of_the_player(time_s, text):
    table = pd.DataFrame({"time_s": [time_s]})
    chart = with_times(alt.Chart(table), "time_s").mark_text().encode(text=moment_tooltip().shorthand)
    assert f">{text}</text>" in svg_of(chart)


def test_an_empty_table_has_no_ends():
    assert ends_of(pd.Series([], dtype=float)) is None
    assert ends_of(pd.Series([1.0, 2.0]), pd.Series([3.0])) == (1.0, 3.0)


def test_the_timeline_of_a_long_video_says_so_on_its_axis():
    analysis = make_analysis([["fear"]] * 3, step_s=100)
    assert "Time, min:s" in json.dumps(timeline_chart(analysis).to_dict())
