"""A double click runs a page twice with the same click, one run after the other or both at once."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import streamlit as st

from emotion.errors import LibraryError, UnknownAnalysisError
from emotion.library import State
from tests.ui.common.long_call import LongCall
from ui.shell.once import forget_result, form_key, last_result, submit_once
from ui.video import demo, sample, session

pytestmark = pytest.mark.usefixtures("session_state")


def test_overlapping_runs_of_a_form_make_one_thing(call):
    key = form_key("study")
    call.overlapped(*[lambda: submit_once("study", key, lambda: call() or "first")] * 2)
    assert call.count == 1
    assert last_result("study") == "first"


def test_the_form_after_a_submission_is_another_one_and_makes_another_thing():
    key = form_key("study")
    for text in ("first", "second"):
        submit_once("study", key, lambda text=text: text)
        assert last_result("study") == "first"
    assert form_key("study") != key
    submit_once("study", form_key("study"), lambda: "second")
    assert last_result("study") == "second"
    forget_result("study")
    assert last_result("study") == ""


def test_a_form_that_failed_can_be_submitted_again():
    def fail() -> str:
        raise LibraryError("no")

    with pytest.raises(LibraryError):
        submit_once("study", form_key("study"), fail)
    submit_once("study", form_key("study"), lambda: "first")
    assert last_result("study") == "first"


class SlowLibrary:
    """Adds analyses slowly; a test sets their state."""

    def __init__(self, call: LongCall) -> None:
        self.call, self.states = call, {}

    def add(self, *_arguments, **_others):
        self.call()
        self.states[f"id {len(self.states)}"] = State.QUEUED
        return self.get(f"id {len(self.states) - 1}")

    def get(self, analysis_id):
        if analysis_id not in self.states:
            raise UnknownAnalysisError("gone")
        return SimpleNamespace(id=analysis_id, state=self.states[analysis_id])


def test_a_double_click_begins_one_sample(call):
    library = SlowLibrary(call)
    call.overlapped(*[lambda: sample.begin_sample(library)] * 2)
    sample.begin_sample(library)
    assert list(library.states) == list(session.begun_videos()) == ["id 0"]
    library.states["id 0"] = State.DONE
    sample.begin_sample(library)
    assert list(session.begun_videos()) == ["id 0", "id 1"]


def test_a_double_click_adds_one_demo(monkeypatch, call):
    added = []

    def open_finished(*_arguments):
        found = list(added)  # as the library looks first, and adds then
        if not found:
            call()
            added.append("demo")
        return SimpleNamespace(id=added[0])

    monkeypatch.setattr(demo, "open_finished", open_finished)
    monkeypatch.setattr(demo, "library_or_stop", lambda: None)
    monkeypatch.setattr(demo, "open_analysis", lambda _id: None)
    monkeypatch.setattr(st, "button", lambda *_arguments, **_others: True)
    call.overlapped(demo.show_demo_button, demo.show_demo_button)
    assert added == ["demo"]
