"""Actions on analyses that another page, or the first click of a double click, has deleted or resumed."""

from __future__ import annotations

import io
from functools import partial
from types import SimpleNamespace

import pytest
import streamlit as st

from emotion.errors import LibraryError, UnknownAnalysisError
from emotion.library import State
from ui.library import list as library_list
from ui.video import queue, session
from ui.video.video_source import VideoSource


class FakeLibrary:
    """Analyses by ID, with their states."""

    def __init__(self, **states: State) -> None:
        self.states, self.broken = states, False

    def get(self, analysis_id):
        if self.broken:
            raise LibraryError("another program has locked it")
        if analysis_id not in self.states:
            raise UnknownAnalysisError(f"there is no analysis {analysis_id!r} in this library")
        return SimpleNamespace(id=analysis_id, state=self.states[analysis_id])

    def delete(self, analysis_id):
        self.get(analysis_id)
        del self.states[analysis_id]


@pytest.fixture(autouse=True)
def state(monkeypatch) -> dict:
    monkeypatch.setattr(st, "session_state", {})
    return st.session_state


def test_the_others_are_deleted_if_one_of_several_is_gone():
    library = FakeLibrary(a=State.DONE, b=State.DONE)
    library_list._delete(library, [SimpleNamespace(id=each) for each in ("a", "gone", "b")])
    assert library.states == {}


def test_a_second_click_on_delete_shows_no_error(state):
    library = FakeLibrary(a=State.FAILED)
    for _ in range(2):
        queue._guarded(partial(library.delete, "a"))
    assert state == {}


def test_a_second_click_on_resume_shows_no_error(state, monkeypatch):
    library = FakeLibrary(a=State.INTERRUPTED)

    def resume(_library, analysis_id):
        if library.states[analysis_id] is not State.INTERRUPTED:
            raise LibraryError("expected an interrupted analysis")
        library.states[analysis_id] = State.QUEUED

    monkeypatch.setattr(queue, "resume", resume)
    for _ in range(2):
        queue._guarded(partial(queue._resume, library, "a"))
    assert library.states == {"a": State.QUEUED}
    assert state == {}


def test_an_uploaded_video_goes_with_its_analysis_but_not_because_the_library_is_busy():
    source = VideoSource("a.mp4", io.BytesIO(b"video"))
    session.begun_videos()["a"] = source
    library = FakeLibrary(a=State.RUNNING)
    library.broken = True
    with pytest.raises(LibraryError):
        session.begun(library)
    assert session.source_of("a") is source
    assert source.path.exists()
    library.broken, library.states = False, {}
    assert session.begun(library) == []
    assert session.source_of("a") is None
    assert not source.path.exists()
