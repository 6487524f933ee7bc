"""The results of a study belong to the study as it is, also when two runs of the page ask for them at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import streamlit as st

from emotion.library.studies import SavedStudy
from emotion.studies import Study
from ui.studies import session

WAIT_S = 20


@pytest.fixture(autouse=True)
def state(monkeypatch) -> dict:
    monkeypatch.setattr(st, "session_state", {})
    return st.session_state


class Computation:
    """Stands for the computation of results, which takes as long as a test lets it."""

    def __init__(self, versions: int) -> None:
        self.begun = [threading.Event() for _ in range(versions)]
        self.allowed = [threading.Event() for _ in range(versions)]

    def __call__(self, _studies, saved, _on_progress, _known):
        self.begun[saved.version].set()
        assert self.allowed[saved.version].wait(WAIT_S)
        return f"results of version {saved.version}"


def ask(version: int) -> session.ResultsJob:
    return session.results_job(None, SavedStudy("id", Study("Study"), version), {})


def test_results_of_an_older_version_never_replace_newer_ones(monkeypatch):
    compute = Computation(3)
    monkeypatch.setattr(session, "study_results", compute)
    monkeypatch.setattr(session, "SHORT_S", 0.0)
    ask(0)
    wait, later = session.ResultsJob.wait, []

    def wait_in_order(job, timeout_s=None) -> None:
        wait(job, timeout_s)
        if threading.current_thread() in later and timeout_s is None:
            assert compute.begun[1].wait(WAIT_S)

    def ask_later() -> session.ResultsJob:
        later.append(threading.current_thread())
        return ask(2)

    monkeypatch.setattr(session.ResultsJob, "wait", wait_in_order)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(ask, 1), pool.submit(ask_later)]
        threading.Event().wait(0.1)  # both runs now wait for the job of version 0
        compute.allowed[0].set()
        newest = runs[1].result(WAIT_S)
        compute.allowed[2].set()
        wait(newest)
        compute.allowed[1].set()
        wait(runs[0].result(WAIT_S))
    assert st.session_state["study_results_job"] is newest
    threading.Event().wait(0.1)
    assert newest.results == "results of version 2"


def test_what_is_known_of_analyses_is_kept_for_the_next_version_of_the_same_study(monkeypatch):
    seen = []
    monkeypatch.setattr(session, "study_results", lambda _studies, _saved, _on_progress, known: seen.append(known))
    for version in (0, 1):
        ask(version).wait(WAIT_S)
    other = session.results_job(None, SavedStudy("other", Study("Other"), 0), {})
    other.wait(WAIT_S)
    assert seen[0] is seen[1]
    assert seen[2] is not seen[0]
