from __future__ import annotations

import json

import pytest

from emotion.analytics.charts import MOMENT, probability_bars, share_donut, timeline_chart
from emotion.labels import COLOURS, FERPLUS_LABELS
from tests.conftest import leaning, make_analysis


def spec_of(chart) -> dict:
    return chart.to_dict()


def find(node, key: str) -> list:
    """Every value under `key`, however deep."""
    if isinstance(node, dict):
        return [value for name, value in node.items() if name == key] + [
            found for value in node.values() for found in find(value, key)
        ]
    return [found for item in node for found in find(item, key)] if isinstance(node, list) else []


def bars():
    return probability_bars(dict(zip(FERPLUS_LABELS, map(float, leaning("fear")), strict=True)))


def donut():
    return share_donut(dict.fromkeys(FERPLUS_LABELS, 0.125))


@pytest.mark.parametrize("make", [bars, donut, lambda: timeline_chart(make_analysis([["fear"], [], ["anger"]]))])
def test_a_chart_has_the_colours_of_the_labels_and_no_background(make):
    spec = spec_of(make())
    assert spec["config"]["background"] == "transparent"
    assert [COLOURS[label] for label in FERPLUS_LABELS] in find(spec, "range")


def test_axes_say_their_units(analysis):
    titles = find(spec_of(timeline_chart(analysis)), "title")
    assert "Time, s" in titles
    assert "Probability, 0–1" in titles
    assert "Probability, %" in find(spec_of(bars()), "title")


def test_the_timeline_answers_a_click_and_marks_the_moment(analysis):
    spec = spec_of(timeline_chart(analysis, moment_s=0.3))
    assert MOMENT in find(spec, "name")
    assert {"time_s": 0.3} in [row for rows in spec["datasets"].values() for row in rows]


def test_the_legend_can_be_left_out(analysis):
    assert find(spec_of(timeline_chart(analysis, legend=False)), "columns") == []
    assert find(spec_of(timeline_chart(analysis)), "columns") == [4]


@pytest.mark.parametrize("shown", [[], [[], []], [["fear"]], [["fear"] * 12] * 3])
def test_every_analysis_has_a_chart(shown):
    assert json.dumps(spec_of(timeline_chart(make_analysis(shown))))


def test_a_cancelled_analysis_ends_where_it_was_stopped(analysis):
    from dataclasses import replace

    stopped = replace(analysis, complete=False, info=replace(analysis.info, duration_s=60.0))
    assert [0.0, 60.0] in find(spec_of(timeline_chart(replace(stopped, complete=True))), "domain")
    assert [0.0, 60.0] not in find(spec_of(timeline_chart(stopped)), "domain")
