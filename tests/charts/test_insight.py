from __future__ import annotations

import json
import textwrap

import pytest

from emotion.analytics.baseline import RELATIVE
from emotion.analytics.compare import Side
from emotion.analytics.derived import INTENSITY, VALENCE
from emotion.analytics.edits import Event, Span
from emotion.analytics.episodes import transitions
from emotion.analytics.event_figures import before_after
from emotion.charts.events import before_after_chart, comparison_chart, relative_chart
from emotion.charts.insight import derived_chart, heat_chart, path_chart, transition_chart
from emotion.errors import InputError
from emotion.labels import COLOURS, FERPLUS_LABELS
from tests.charts.test_charts_timeline import find, spec_of
from tests.conftest import make_analysis

LABELS = list(FERPLUS_LABELS)
MARKS = 5000
"""Maximum number of marks that browsers draw smoothly."""


def compare(analysis):
    return comparison_chart(Side("a", analysis, 1), Side("b", analysis, 2), LABELS)


def relative(analysis):
    return relative_chart(analysis, 1, Span(0, 0.4), LABELS)


def effects(analysis):
    return before_after_chart(before_after(analysis, Event("x", Span(0.3, 0.6)), 0.4))


COLOURED = [heat_chart, compare, relative, effects]
EVERY = [
    *COLOURED,
    lambda analysis: transition_chart(transitions(analysis)),
    lambda analysis: transition_chart(transitions(analysis), as_shares=True),
    lambda analysis: derived_chart(analysis, "valence", 1),
    lambda analysis: derived_chart(analysis, "intensity", 1),
    lambda analysis: path_chart(analysis, 1),
]


@pytest.mark.parametrize("make", EVERY)
def test_a_chart_has_no_background_and_is_json(make, analysis):
    spec = spec_of(make(analysis))
    assert spec["config"]["background"] == "transparent"
    assert json.dumps(spec, allow_nan=True)


@pytest.mark.parametrize("make", COLOURED)
def test_expressions_have_their_own_colours(make, analysis):
    assert [COLOURS[label] for label in LABELS] in find(spec_of(make(analysis)), "range")


@pytest.mark.slow
@pytest.mark.parametrize("make", EVERY)
def test_a_long_video_is_thinned_out(make):
    long = make_analysis([["fear", "anger"], ["anger", "neutral"]] * 2000, step_s=0.04)
    spec = spec_of(make(long))
    dots = 2 if find(spec, "point") else 1
    assert sum(len(rows) for rows in spec["datasets"].values()) * dots <= MARKS


def test_lines_break_in_gaps():
    analysis = make_analysis([["fear"], ["fear"], [], ["fear"], [], []])
    rows = [row for part in spec_of(derived_chart(analysis, "valence", 1))["datasets"].values() for row in part]
    assert sorted(row["run"] for row in rows if "run" in row) == [1, 1, 2]


def test_transitions_as_shares_sum_to_one_per_row():
    counts = transitions(make_analysis([[name] for name in ("fear", "anger", "fear", "neutral")], 0.5))
    rows = [row for part in spec_of(transition_chart(counts, as_shares=True))["datasets"].values() for row in part]
    written = {(row["before"], row["after"]): row["text"] for row in rows if row["text"]}
    assert written == {("fear", "anger"): "50%", ("fear", "neutral"): "50%", ("anger", "fear"): "100%"}


@pytest.mark.parametrize("as_shares", [False, True])
def test_equal_figures_of_transitions_have_equal_tints(as_shares):
    names = ("fear", "anger", "fear", "neutral", "sadness", "neutral", "sadness")
    counts = transitions(make_analysis([[name] for name in names], 0.5))
    rows = [row for part in spec_of(transition_chart(counts, as_shares=as_shares))["datasets"].values() for row in part]
    tints = {text: {row["tint"] for row in rows if row["text"] == text} for text in {row["text"] for row in rows}}
    assert len(tints) == 3
    assert all(len(each) == 1 for each in tints.values())


def test_derived_measures_are_labelled(analysis):
    titles = find(spec_of(path_chart(analysis, 1)), "title")
    assert "Valence (derived)" in titles
    assert "Intensity (derived)" in titles
    assert VALENCE.startswith("Probability of happiness minus")
    assert INTENSITY.startswith("1 minus the probability of neutral")
    assert "baseline" in RELATIVE


def test_a_chart_relative_to_a_baseline_without_the_person_is_refused(analysis):
    with pytest.raises(InputError):
        relative_chart(analysis, 2, Span(0, 0.2), LABELS)


def test_compared_sides_of_equal_name_are_distinguished(analysis):
    spec = spec_of(comparison_chart(Side("talk", analysis), Side("talk", analysis, offset_s=1), ["fear"]))
    assert ["talk (1)", "talk (2)"] in find(spec, "domain")


def test_the_legend_of_a_comparison_has_the_whole_names(analysis):
    name = "Interview with the second participant about the trailer, in the afternoon"
    spec = spec_of(comparison_chart(Side(f"{name} (1)", analysis), Side("talk", analysis), ["fear"]))
    [expression] = find(spec, "labelExpr")
    assert json.dumps(textwrap.wrap(f"{name} (1)", 32)) in expression
    assert find(spec, "labelLimit") == [0]
    assert find(spec, "columns") == [1]
    usual = spec_of(comparison_chart(Side("talk", analysis), Side("tour", analysis), ["fear"]))
    assert find(usual, "columns") == []
    assert max(find(spec, "height")) > max(find(usual, "height"))


def test_each_line_has_letters_at_its_highest_point(analysis):
    for make, count in ((compare, 2), (relative, 1)):
        spec = spec_of(make(analysis))
        letters = [row["letters"] for rows in spec["datasets"].values() for row in rows if "letters" in row]
        assert sorted(letters) == sorted(count * [label[:2].capitalize() for label in LABELS])
