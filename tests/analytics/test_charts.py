from __future__ import annotations

import json
from dataclasses import replace

import pytest

from emotion.analytics.charts import MOMENT, probability_bars, share_donut, timeline_chart
from emotion.labels import ANSWER_COLOURS, COLOURS, FERPLUS_LABELS, UNCLEAR
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


def test_a_limit_is_marked_and_none_is_not():
    shares = dict(zip(FERPLUS_LABELS, map(float, leaning("fear")), strict=True))
    assert [{"limit": 0.5}] in list(spec_of(probability_bars(shares, unclear_below=0.5))["datasets"].values())
    assert spec_of(probability_bars(shares, unclear_below=0.0)) == spec_of(probability_bars(shares))


def test_unclear_time_is_marked_under_its_lane():
    analysis = replace(make_analysis([["fear", "anger"]] * 3), settings={"unclear_below": 0.66})
    spec = spec_of(timeline_chart(analysis))
    rows = [row for rows in spec["datasets"].values() for row in rows]
    marked = [(row["start_s"], row["low"]) for row in rows if row.get("what") == UNCLEAR]
    assert marked == [(0.0, 0.95), (0.0, 1.95)]
    assert {row["leads"] for row in rows if "leads" in row} == {"fear (unclear)", "anger (unclear)"}
    assert UNCLEAR not in json.dumps(spec_of(timeline_chart(replace(analysis, settings={"unclear_below": 0.6}))))


def test_the_donut_names_the_dominant_expression_beside_much_unclear_time():
    spec = spec_of(share_donut({"fear": 0.1, "anger": 0.3, UNCLEAR: 0.6}))
    assert [{"name": "anger", "figure": "30%"}] in list(spec["datasets"].values())
    assert [COLOURS["fear"], COLOURS["anger"], ANSWER_COLOURS[UNCLEAR]] in find(spec, "range")


def test_the_legend_can_be_left_out(analysis):
    assert find(spec_of(timeline_chart(analysis, legend=False)), "columns") == []
    assert find(spec_of(timeline_chart(analysis)), "columns") == [4]


@pytest.mark.parametrize("shown", [[], [[], []], [["fear"]], [["fear"] * 12] * 3])
def test_every_analysis_has_a_chart(shown):
    assert json.dumps(spec_of(timeline_chart(make_analysis(shown))))


def test_a_cancelled_analysis_ends_where_it_was_stopped(analysis):
    stopped = replace(analysis, complete=False, info=replace(analysis.info, duration_s=60.0))
    assert [0.0, 60.0] in find(spec_of(timeline_chart(replace(stopped, complete=True))), "domain")
    assert [0.0, 60.0] not in find(spec_of(timeline_chart(stopped)), "domain")
