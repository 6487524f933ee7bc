from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.apply import mean_probabilities, part_of
from emotion.analytics.baseline import baseline_means, relative_figures
from emotion.analytics.behaviour.span_figures import behaviour_of, by_span
from emotion.analytics.compare import Side, common_labels, comparison_figures, on_one_axis
from emotion.analytics.edits import Event, Span
from emotion.analytics.episodes import episodes
from emotion.analytics.event_figures import before_after, event_figures
from emotion.analytics.summary import summarise
from emotion.errors import InputError
from emotion.report.events_csv import from_csv, to_csv
from tests.acting import acting
from tests.conftest import make_analysis

labels = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1)
times = st.floats(0, 1e5, allow_nan=False)
events = st.builds(
    Event, labels, st.tuples(times, times).map(lambda ends: Span(min(ends), max(ends))), excluded=st.booleans()
)


@settings(max_examples=40, deadline=None)
@given(st.lists(events, max_size=4))
def test_events_round_trip_through_csv(given_events):
    assert from_csv(to_csv(given_events)) == tuple(given_events)


def test_csv_written_by_spreadsheets_is_read():
    text = "\ufeffLabel;START_S;end_s;excluded\r\nhello;1.5;;yes\r\n\r\nbreak; 2 ;3;\r\n"
    assert from_csv(text) == (Event("hello", Span(1.5, 1.5), True), Event("break", Span(2, 3)))
    assert from_csv("start_s,label\n4,only a moment\n") == (Event("only a moment", Span(4, 4)),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        ("a,b\n1,2\n", "got a, b"),
        ("start_s,end_s,label\n1,2,x\n1,2,\n", "row 3"),
        ("start_s,end_s,label\n1,2,x\nsoon,2,y\n", "start_s in row 3"),
        ("start_s,end_s,label\n3,2,x\n", "row 2"),
        ("start_s,end_s,label\n-1,2,x\n", "row 2"),
        ("start_s,end_s,label\n1,inf,x\n", "end_s in row 2"),
        ("start_s,end_s,label,excluded\n1,2,x,maybe\n", "row 2"),
    ],
)
def test_a_bad_row_is_named_in_one_sentence(text, message):
    with pytest.raises(InputError, match=message) as caught:
        from_csv(text)
    assert "\n" not in str(caught.value)


def test_a_span_keeps_times_and_counts_until_its_end(analysis):
    part = part_of(analysis, Span(0.2, 0.65), track=1)
    assert part.timeline["time_s"].tolist() == pytest.approx([0.2, 0.3, 0.6])
    assert summarise(part)["analysed_s"] == pytest.approx(0.45)
    assert part.frames["faces"].tolist() == [1, 1, 0, 0, 1]
    assert mean_probabilities(part_of(analysis, Span(0.4, 0.6))) is None


def test_figures_of_each_event(analysis):
    given_events = [
        Event("later", Span(0.6, 1.0)),
        Event("first", Span(0, 0.3)),
        Event("moment", Span(0.2, 0.2)),
        Event("out", Span(0, 1), excluded=True),
    ]
    table = event_figures(analysis, given_events)
    assert table["label"].tolist() == ["first", "later"]
    assert table["seconds"].tolist() == pytest.approx([0.3, 0.8])
    assert table["smile_index"].tolist() == [1.0, 0.0]
    assert event_figures(analysis, given_events, track=2)["seconds"].tolist() == pytest.approx([0.0, 0.4])
    assert event_figures(analysis, []).empty


def test_all_figures_of_an_event_count_frames_for_their_time_in_it():
    """Frames at 0, 1, …, 5 s: the event from 3.5 to 4.2 s has half a second of fear, then 0.2 s of happiness."""
    shown = ["neutral", "neutral", "neutral", "fear", "happiness", "neutral"]
    coarse = make_analysis([[label] for label in shown], step_s=1.0)
    event = Event("laugh", Span(3.5, 4.2))
    figures = event_figures(coarse, [event]).iloc[0]
    assert (figures["seconds"], figures["dominant"]) == (pytest.approx(0.7), "fear")
    assert figures["smile_index"] == pytest.approx(0.2 / 0.7)
    people = by_span(behaviour_of(coarse), [event], movements=False).set_index("span")
    assert people.loc["laugh", ["seen_s", "eyes_s"]].tolist() == pytest.approx([0.7, 0.7])
    part = part_of(coarse, event.span)
    assert part.frames[["time_s", "counted_s"]].to_numpy().tolist() == [[3.5, 0.5], pytest.approx([4.0, 0.2])]
    assert part.timeline["time_s"].tolist() == [3.5, 4.0]
    assert episodes(part)[["start_s", "end_s"]].to_numpy().tolist() == [pytest.approx([3.5, 4.2])]
    assert baseline_means(coarse, 1, event.span)["fear"] == pytest.approx((0.65 * 0.5 + 0.05 * 0.2) / 0.7)


def test_movements_of_an_event_are_weighted_by_their_time_in_it():
    """The jaw drops at 8 s; of an event at 7.95–8.01 s, that is a sixth of the time."""
    behaviour = behaviour_of(acting())
    means = by_span(behaviour, [Event("x", Span(7.95, 8.01))], movements=True)
    jaw = means[(means["span"] == "x") & (means["movement"] == "jaw_drop")]
    assert jaw["mean"].tolist() == pytest.approx([0.1 / 6], abs=1e-6)


def test_an_event_within_one_frame_has_its_figures():
    coarse = make_analysis([["fear"], ["happiness"]], step_s=2.0)
    figures = event_figures(coarse, [Event("short", Span(0.5, 1.0))]).iloc[0]
    assert (figures["seconds"], figures["dominant"]) == (pytest.approx(0.5), "fear")


def test_a_rounded_start_adds_no_frame():
    part = part_of(make_analysis([["fear"], ["happiness"]]), Span(0.0999, 0.2))
    assert part.timeline["emotion"].tolist() == ["happiness"]


def half_and_half():
    return make_analysis([["neutral"]] * 40 + [["happiness"]] * 40)


def test_before_vs_after():
    table = before_after(half_and_half(), Event("joke", Span(4, 4)), window_s=3).set_index("emotion")
    row = table.loc["happiness"]
    assert (row["before"], row["after"]) == (pytest.approx(0.05), pytest.approx(0.65))
    assert row["low"] == row["effect"] == row["high"] == pytest.approx(0.6)
    assert table.loc["fear", "effect"] == pytest.approx(0)


def test_the_interval_contains_the_effect_and_is_reproducible():
    random = np.random.default_rng(7)
    shown = [[str(name)] for name in random.choice(["neutral", "happiness"], 200)]
    analysis, event = make_analysis(shown), Event("x", Span(10, 10))
    table = before_after(analysis, event, window_s=8).set_index("emotion")
    row = table.loc["happiness"]
    assert row["low"] < row["effect"] < row["high"]
    assert row["low"] < 0 < row["high"]
    assert before_after(analysis, event, window_s=8).set_index("emotion").equals(table)


def test_frames_from_before_the_windows_count_in_neither():
    """A frame a second, happy from 4 s on: the last neutral frame lasts into the event and its end."""
    coarse = make_analysis([["neutral"]] * 4 + [["happiness"]] * 4, step_s=1.0)
    table = before_after(coarse, Event("x", Span(3.5, 3.6)), window_s=3).set_index("emotion")
    assert table.loc["happiness", ["before", "after"]].tolist() == pytest.approx([0.05, 0.65])


def test_too_little_data_gives_no_interval():
    table = before_after(half_and_half(), Event("early", Span(0.5, 0.5)), window_s=3)
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["before"].notna().all()
    assert before_after(half_and_half(), Event("at the start", Span(0, 0))).empty


def test_the_event_itself_is_in_neither_window():
    table = before_after(half_and_half(), Event("x", Span(3, 5)), window_s=2).set_index("emotion")
    assert table.loc["happiness", "effect"] == pytest.approx(0.6)


def test_the_baseline_is_the_mean_of_its_span():
    analysis = make_analysis([["neutral"], ["sadness"], ["anger"]])
    assert baseline_means(analysis, 1, Span(0, 0.2))["sadness"] == pytest.approx((0.05 + 0.65) / 2)


def test_figures_relative_to_the_baseline(analysis):
    table = relative_figures(analysis, 1, Span(0, 0.4)).set_index("figure")
    assert table.loc["smile index"].tolist() == pytest.approx([1.0, 0.5, -0.5])
    assert table.loc["probability of happiness", "difference"] == pytest.approx((0.65 + 0.05) / 2 - 0.65)
    assert table.loc["share of neutral"].tolist() == pytest.approx([0, 0.5, 0.5])
    assert math.isnan(table.loc["steadiness", "whole"])


def test_a_baseline_without_the_person_is_refused(analysis):
    with pytest.raises(InputError, match="the person is visible"):
        baseline_means(analysis, 2, Span(0, 0.3))


def test_two_people_on_one_axis(analysis):
    figures = comparison_figures(Side("a", analysis, 1), Side("b", analysis, 2)).set_index("emotion")
    # When both are in view, one is neutral and the other surprised.
    assert figures.loc["surprise", ["first", "second", "difference"]].tolist() == pytest.approx([0.05, 0.65, 0.6])
    assert math.isnan(figures.loc["surprise", "correlation"])


def test_an_offset_aligns_two_analyses():
    shown = [["neutral"]] * 5 + [["fear"]] * 5 + [["neutral"]] * 5
    first = make_analysis(shown)
    late = make_analysis([["neutral"]] * 3 + shown)
    apart = comparison_figures(Side("a", first), Side("b", late)).set_index("emotion")
    aligned = comparison_figures(Side("a", first), Side("b", late, offset_s=-0.3)).set_index("emotion")
    assert aligned.loc["fear", "correlation"] > 0.95 > apart.loc["fear", "correlation"]


def test_a_sides_mean_does_not_depend_on_the_other_sides_sampling():
    """Fear in 3 of 10 frames a second, against the same film at a frame a second, which shows no fear."""
    fine = make_analysis([["fear" if frame % 10 in {4, 5, 6} else "neutral"] for frame in range(200)])
    coarse = make_analysis([["neutral"]] * 20, step_s=1.0)
    table = comparison_figures(Side("fine", fine), Side("coarse", coarse)).set_index("emotion")
    assert table.loc["fear", ["first", "second"]].tolist() == pytest.approx([0.3 * 0.65 + 0.7 * 0.05, 0.05])
    turned = comparison_figures(Side("coarse", coarse), Side("fine", fine)).set_index("emotion")
    assert turned.loc["fear", "difference"] == pytest.approx(-table.loc["fear", "difference"])
    spans = on_one_axis(Side("fine", fine), Side("coarse", coarse), points=20)
    assert spans.groupby("side")["bin"].size().tolist() == [20, 20]
    assert spans["p_fear"].iloc[:20].tolist() == pytest.approx([0.3 * 0.65 + 0.7 * 0.05] * 20)


def test_sides_are_compared_over_their_common_time():
    """Fear, then anger, a second each. The other side is seen from 0.5 to 1.25 s: half a second and a quarter."""
    first = make_analysis([["fear"], ["anger"]], step_s=1.0)
    second = make_analysis([["neutral"]] * 3, step_s=0.25)
    table = comparison_figures(Side("a", first), Side("b", second, offset_s=0.5)).set_index("emotion")
    assert table.loc["fear", "first"] == pytest.approx((0.5 * 0.65 + 0.25 * 0.05) / 0.75)
    assert table.loc["anger", "first"] == pytest.approx((0.5 * 0.05 + 0.25 * 0.65) / 0.75)
    assert table.loc["neutral", "second"] == pytest.approx(0.65)


def test_faces_of_a_frame_count_as_one_in_a_comparison():
    several = make_analysis([["fear"], ["anger", "neutral"]], step_s=1.0)
    table = comparison_figures(Side("a", several), Side("b", several, 1)).set_index("emotion")
    assert table.loc["fear", ["first", "second"]].tolist() == pytest.approx([0.35, 0.35])
    assert table.loc["anger", ["first", "second"]].tolist() == pytest.approx([(0.05 + 0.35) / 2, 0.35])


def test_analyses_without_common_time_give_an_empty_comparison(analysis):
    assert comparison_figures(Side("a", analysis), Side("b", analysis, offset_s=90)).empty
    assert on_one_axis(Side("a", make_analysis([[]])), Side("b", make_analysis([[]]))).empty


def test_two_models_are_compared_on_common_labels(analysis):
    other = replace(analysis, labels=("anger", "fear"))
    assert common_labels(Side("a", analysis), Side("b", other)) == ("anger", "fear")


def test_csv_with_old_mac_line_ends_is_read():
    assert [event.label for event in from_csv("start_s,label\r1,a\r2,b\r")] == ["a", "b"]


def test_errors_quote_the_input_briefly():
    with pytest.raises(InputError) as refused:
        from_csv("\x00" + "x" * 5000)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300
