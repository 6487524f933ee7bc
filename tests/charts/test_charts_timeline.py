from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import vl_convert

from emotion.analytics.edits import Span
from emotion.charts.ribbon import ZOOM, growing_chart, overview_chart, zoomed_span
from emotion.charts.timeline import MOMENT, probability_bars, share_donut, timeline_chart
from emotion.labels import ANSWER_COLOURS, COLOURS, FERPLUS_LABELS, SHORT, UNCLEAR
from tests.conftest import leaning, make_analysis


def spec_of(chart) -> dict:
    return chart.to_dict()


def find(node, key: str) -> list:
    """Return every value of `key` at any depth."""
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


def test_axes_have_units(analysis):
    titles = find(spec_of(timeline_chart(analysis)), "title")
    assert "Time, s" in titles
    assert "Probability, 0–1" in titles
    assert "Probability, %" in find(spec_of(bars()), "title")


def test_the_timeline_handles_clicks(analysis):
    assert MOMENT in find(spec_of(timeline_chart(analysis)), "name")


def test_a_threshold_is_drawn_only_if_set():
    shares = dict(zip(FERPLUS_LABELS, map(float, leaning("fear")), strict=True))
    assert [{"limit": 0.5}] in list(spec_of(probability_bars(shares, abstain_below=0.5))["datasets"].values())
    assert spec_of(probability_bars(shares, abstain_below=0.0)) == spec_of(probability_bars(shares))


@pytest.mark.slow
def test_unclear_time_is_marked_under_its_lane():
    analysis = replace(make_analysis([["fear", "anger"]] * 3), settings={"abstain_below": 0.66})
    spec = spec_of(timeline_chart(analysis))
    rows = [row for rows in spec["datasets"].values() for row in rows]
    marked = [(row["start_s"], row["track_id"]) for row in rows if row.get("emotion") == UNCLEAR and "top" in row]
    assert marked == [(0.0, 1), (0.0, 2)]
    assert {row["leads"] for row in rows if "leads" in row} == {"fear (unclear)", "anger (unclear)"}
    clear = timeline_chart(replace(analysis, settings={"abstain_below": 0.6}))
    assert {answer for _, answer, _ in ribbon(clear)} == {"fear", "anger"}


def letters_in(chart) -> list[str]:
    """Return the texts of a chart, from left to right and from top to bottom."""
    svg = ElementTree.fromstring(vl_convert.vegalite_to_svg({**spec_of(chart), "width": 600}))
    return [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text") if text.text in SHORT.values()]


@pytest.mark.slow
@pytest.mark.parametrize("make", [timeline_chart, overview_chart, growing_chart])
def test_ribbons_have_letters_where_there_is_room(make):
    shown = [["happiness"]] * 300 + [["fear"]] * 5 + [["sadness"]] * 295
    assert letters_in(make(make_analysis(shown, step_s=0.1))) == ["Ha", "Sa"]
    unsure = replace(make_analysis([["fear"]] * 600, step_s=0.1), settings={"abstain_below": 0.99})
    assert letters_in(make(unsure)) == ["?"]


def test_the_donut_names_the_dominant_expression_beside_much_unclear_time():
    spec = spec_of(share_donut({"fear": 0.1, "anger": 0.3, UNCLEAR: 0.6}))
    assert [{"name": "anger", "figure": "30%"}] in list(spec["datasets"].values())
    assert [COLOURS["fear"], COLOURS["anger"], ANSWER_COLOURS[UNCLEAR]] in find(spec, "range")


@pytest.mark.slow
@pytest.mark.parametrize("shown", [[], [[], []], [["fear"]], [["fear"] * 12] * 3])
def test_every_analysis_has_a_chart(shown):
    assert json.dumps(spec_of(timeline_chart(make_analysis(shown))))


@pytest.mark.slow
def test_a_cancelled_analysis_ends_where_it_was_stopped(analysis):
    stopped = replace(analysis, complete=False, info=replace(analysis.info, duration_s=60.0))
    assert [0.0, 60.0] in find(spec_of(timeline_chart(replace(stopped, complete=True))), "domain")
    assert [0.0, 60.0] not in find(spec_of(timeline_chart(stopped)), "domain")


def rows_of(chart) -> list[dict]:
    return [row for rows in spec_of(chart)["datasets"].values() for row in rows]


def ribbon(chart) -> list[tuple]:
    return [(row["track_id"], row["emotion"], round(row["end_s"], 3)) for row in rows_of(chart) if "bottom" in row]


def test_the_ribbon_shows_the_leading_expression():
    chart = timeline_chart(make_analysis([["fear"], ["fear"], [], ["fear"], ["anger"]]))
    assert ribbon(chart) == [(1, "fear", 0.2), (1, "fear", 0.4), (1, "anger", 0.5)]


def test_areas_do_not_cover_the_ribbon(analysis):
    rows = rows_of(timeline_chart(analysis))
    areas = [row["high"] % 1 for row in rows if "run" in row]
    assert max(areas) < min(row["top"] % 1 for row in rows if "bottom" in row)


def test_lanes_are_labelled_with_any_name(analysis):
    spec = spec_of(timeline_chart(analysis, names={2: """A'd"a]"""}))
    assert r"""["Person 1", "A'd\"a]"][floor(datum.value)]""" in find(spec, "labelExpr")


def test_lanes_keep_their_names_with_a_ribbon(analysis):
    layers = spec_of(timeline_chart(analysis))["layer"]
    assert None not in [layer["encoding"]["y"].get("axis", {}) for layer in layers if "y" in layer["encoding"]]


@pytest.mark.slow
def test_a_zoomed_part_is_drawn_in_full_resolution():
    long = make_analysis([["fear", "anger"], ["anger", "neutral"]] * 3000, step_s=0.1)
    whole, part = timeline_chart(long), timeline_chart(long, span=Span(60, 75))
    assert len(rows_of(whole)) <= 5000
    times = sorted({row["time_s"] for row in rows_of(part) if "leads" in row})
    assert times == pytest.approx([60 + i / 10 for i in range(150)])
    assert [60, 75] in find(spec_of(part), "domain")


@pytest.mark.slow
def test_a_zoomed_part_has_its_own_range_and_lanes():
    shown = [["fear"]] * 300 + [[]] * 10 + [["anger", "neutral"]] * 100
    part = timeline_chart(make_analysis(shown, step_s=0.1), names={2: "Zoe"}, span=Span(32, 34))
    scale = next(one for one in vl_convert.vegalite_to_vega(part.to_dict())["scales"] if one["name"] == "x")
    assert scale["domain"] == [32, 34]
    assert not scale["zero"]
    nobody = timeline_chart(make_analysis(shown, step_s=0.1), span=Span(30.2, 30.8))
    assert {row["track_id"] for row in rows_of(part) if "track_id" in row} == {1, 2}
    assert not [row for row in rows_of(nobody) if "track_id" in row]


def test_the_overview_handles_drags(analysis):
    assert ZOOM in find(spec_of(overview_chart(analysis)), "name")
    assert json.dumps(spec_of(overview_chart(make_analysis([[]]))))


@pytest.mark.parametrize("make", [overview_chart, growing_chart])
def test_every_lane_has_its_name(make):
    drawn = vl_convert.vegalite_to_svg(spec_of(make(make_analysis([["neutral"] * 8] * 3))))
    assert [name for name in (f"Person {track}" for track in range(1, 9)) if name not in drawn] == []


def test_a_growing_chart_is_as_long_as_the_video_and_names_its_lanes(analysis):
    part = replace(analysis, info=replace(analysis.info, duration_s=60.0), complete=False)
    spec = spec_of(growing_chart(part, {1: "Ada"}))
    assert [0.0, 60.0] in find(spec, "domain")
    assert any("Ada" in text for text in find(spec, "labelExpr"))
    assert json.dumps(spec_of(growing_chart(make_analysis([[]]))))


@pytest.mark.parametrize(
    ("selection", "span"),
    [
        ({}, None),
        ({"start_s": [3, 1]}, Span(1, 3)),
        ({"start_s": [-1, 1]}, Span(0, 1)),
        ({"start_s": [2, 2.01]}, None),
    ],
)
def test_drags_become_time_ranges(selection, span):
    assert zoomed_span(selection) == span
