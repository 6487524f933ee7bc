"""The list counts people like the pages and exports."""

from __future__ import annotations

from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.summary import summarise
from emotion.library.summary import change_figures, list_figures
from emotion.report.edited import edit
from tests.conftest import make_analysis


def test_list_figures_honour_merged_and_hidden_people() -> None:
    analysis = make_analysis([["happiness", "neutral", "fear"]] * 10)
    assert list_figures(analysis, Edits())["people"] == 3
    for edits, people in (
        (Edits(hidden=frozenset({2})), 2),
        (Edits(merged={3: 1}), 2),
        (Edits(merged={3: 1}, hidden=frozenset({1})), 1),
    ):
        figures, exported = list_figures(analysis, edits), summarise(edit(analysis, edits).analysis)
        assert figures["people"] == len(exported["tracks"]) == people
        assert figures["shares"] == exported["shares"]
    assert list_figures(analysis, Edits(merged={1: 2, 2: 1}))["people"] == 3, "a circular merge is ignored"


def test_names_do_not_change_figures() -> None:
    pause = Event("pause", Span(0, 1), excluded=True)
    assert not change_figures(Edits(), Edits(names={1: "Ada"}, events=(Event("mark", Span(0, 1)),)))
    assert change_figures(Edits(), Edits(events=(pause,)))
    assert change_figures(Edits(), Edits(hidden=frozenset({1})))
