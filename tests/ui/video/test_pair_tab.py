"""Two people of a video in the tab Compare."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from emotion.analytics.edits import Edits, Span
from emotion.types import Analysis
from tests.pairs import following
from tests.ui.video.test_tabs import Holder, ran, script, words

NAMED = Edits(names={1: "Anna", 2: "B*n"})


def opened(analysis: Analysis, edits: Edits = NAMED) -> AppTest:
    test = AppTest.from_function(script, default_timeout=60)
    test.session_state["analysis"] = analysis
    test.session_state["holder"] = Holder(edits)
    test.session_state["test_tabs"] = "Compare"
    return ran(test)


def figures(test: AppTest) -> dict[str, float]:
    table = next(frame.value for frame in test.dataframe if "Figure" in frame.value)
    return dict(zip(table["Figure"], table["Value"], strict=True))


def lag(test: AppTest) -> float:
    return next(value for name, value in figures(test).items() if name.startswith("Lag"))


def person(test, label: str):
    return next(choice for choice in test.selectbox if choice.label == label)


@pytest.mark.slow
def test_lag_leader_and_smiles_are_said_for_the_chosen_people_and_measure():
    test = opened(following(0.4))
    said = words(test)
    assert r"Happiness of Anna moves with happiness of B\*n" in said
    assert r"if B\*n follows 0.4 s after Anna." in said
    assert r"Anna and B\*n smile together (happiness over 0.5)".replace("(", r"\(").replace(")", r"\)") in said
    assert "assumes that neither track has a trend" in said
    assert lag(test) == 0.4
    test = ran(test.number_input(key="test_compare_pair_over").set_value(0.8))
    assert "happiness over 0.8" in words(test)
    test = ran(test.selectbox(key="test_compare_pair_measure").set_value("valence"))
    assert "Valence of Anna moves with valence" in words(test)
    test = ran(person(test, "First person").set_value(2))
    assert "Choose two different people above" in words(test)
    test = ran(person(test, "Second person").set_value(1))
    assert lag(test) == -0.4


@pytest.mark.slow
def test_baselines_are_offered_if_both_have_one():
    test = opened(following(0.4), replace(NAMED, baselines={1: Span(0, 3)}))
    assert not [toggle for toggle in test.toggle if toggle.label == "Relative to the baselines"]
    test = opened(following(0.4), replace(NAMED, baselines={1: Span(0, 3), 2: Span(3, 6)}))
    test = ran(test.toggle(key="test_compare_pair_relative").set_value(True))
    assert "above the baseline" in words(test)
    assert lag(test) == 0.4


@pytest.mark.slow
def test_what_cannot_be_computed_is_said():
    assert "Expected tracks of at least 9 s" in words(opened(following(0.0, seconds=6)))
    assert "Expected at least 4 analysed frames per second; got 2" in words(opened(following(0.0, rate=2)))


@pytest.mark.slow
def test_figures_are_kept_while_nothing_changes(monkeypatch: pytest.MonkeyPatch):
    from ui.video.tabs import pair

    calls, real = [], pair.figures_of_pair
    monkeypatch.setattr(pair, "figures_of_pair", lambda *args, **options: calls.append(1) or real(*args, **options))
    test = opened(following(0.4))
    ran(test.multiselect[0].set_value([]))
    assert len(calls) == 1
    test = ran(next(choice for choice in test.selectbox if choice.label == "Smoothing").set_value("mean"))
    ran(test.multiselect[0].set_value(["happiness"]))
    assert len(calls) == 2
