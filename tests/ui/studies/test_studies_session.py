"""Figures of a study belong to the study as it is, also when two runs of the page ask for them at once."""

from __future__ import annotations

import threading

import pytest
import streamlit as st

from ui.studies import jobs, session

WAIT_S = 20


@pytest.fixture(autouse=True)
def state(monkeypatch) -> dict:
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(jobs, "follow", lambda *_: None)
    monkeypatch.setattr(jobs, "SHORT_S", 0.0)
    return st.session_state


class Computation:
    """Stands for the computation of figures, which takes as long as a test lets it."""

    def __init__(self, versions: int) -> None:
        self.begun = [threading.Event() for _ in range(versions)]
        self.allowed = [threading.Event() for _ in range(versions)]

    def ask(self, version: int) -> str | None:
        return jobs.computed("study", version, lambda _: self._compute(version), title="", steps="", again="Again")

    def _compute(self, version: int) -> str:
        self.begun[version].set()
        assert self.allowed[version].wait(WAIT_S)
        return f"figures of version {version}"


def test_figures_of_an_older_version_never_replace_newer_ones(state):
    computation = Computation(2)
    assert computation.ask(0) is None
    assert computation.begun[0].wait(WAIT_S)
    older = state["study_job"]
    assert computation.ask(1) is None
    newer = state["study_job"]
    assert not computation.begun[1].wait(0.1), "it starts once the older computation has ended"
    computation.allowed[0].set()
    older.wait(WAIT_S)
    assert computation.begun[1].wait(WAIT_S)
    computation.allowed[1].set()
    newer.wait(WAIT_S)
    assert computation.ask(1) == "figures of version 1"
    assert state["study_job"] is newer


def test_what_is_known_of_analyses_is_kept_for_the_next_version_of_the_same_study():
    first = session.known_sums("id")
    assert session.known_sums("id") is first
    assert session.known_sums("other") is not first
