"""Problems that the page of a study shows below its grid."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import streamlit as st

from emotion.library import State
from emotion.library.studies.repository import AnalysisState
from emotion.studies import Cell
from ui.studies import grid


def test_analyses_that_are_still_queued_do_not_hide_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    for name in ("warning", "caption"):
        monkeypatch.setattr(st, name, lambda text, **_: shown.append(text))
    states = [State.QUEUED] * 6 + [State.FAILED] * 7
    cells = {(f"p{place}", "film"): Cell(f"p{place}", "film", str(place)) for place in range(len(states))}
    known = {str(place): AnalysisState("", "", state, "", 0, None) for place, state in enumerate(states)}
    results = SimpleNamespace(problems=dict.fromkeys(cells, "The analysis has no timeline"))
    grid._show_problems(cells, known, results)
    assert [text.split("**")[1] for text in shown[:-1]] == [f"p{place} · film" for place in range(6, 11)]
    assert shown[-1] == "And 2 more."
