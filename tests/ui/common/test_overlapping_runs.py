"""A click starts the next run of a page while the last one is still inside a long call."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.runtime.scriptrunner import StopException

from emotion.library import JobSettings
from emotion.studies import Cell, Participant, Stimulus, Study
from tests.fakes import FakeAnalyzer
from tests.ui.common.long_call import LongCall
from ui.common.resources import encode_png
from ui.pictures import session as pictures_session
from ui.studies import add
from ui.video import pending_uploads
from ui.video import session as video_session
from ui.video.pending_uploads import RATES
from ui.video.video_source import VideoSource

pytestmark = pytest.mark.usefixtures("session_state")


class SlowAnalyzer(FakeAnalyzer):
    def __init__(self, call: LongCall) -> None:
        self.call = call

    def image(self, source):
        self.call()
        return super().image(source)


class SlowLibrary:
    """A library with a slow `add`, the only method needed here."""

    def __init__(self, call: LongCall) -> None:
        self.call, self.names = call, []

    def add(self, _content, name, _settings, **_others):
        self.call()
        self.names.append(name)
        return SimpleNamespace(id=f"id of {name}")


def pending_picture(name: str) -> None:
    pictures_session.pending_pictures().append((name, encode_png(np.zeros((120, 160, 3), np.uint8))))


def test_a_picture_is_analysed_by_one_of_two_runs(call):
    pending_picture("a.png")
    analyzer = SlowAnalyzer(call)
    call.overlapped(lambda: pictures_session.analyse_next(analyzer), lambda: pictures_session.analyse_next(analyzer))
    assert call.count == 1
    assert [picture.name for picture in pictures_session.pictures()] == ["a.png"]
    assert pictures_session.pending_pictures() == []


def test_pictures_cleared_during_their_analysis_stay_away(call):
    pending_picture("a.png")
    call.overlapped(lambda: pictures_session.analyse_next(SlowAnalyzer(call)), pictures_session.clear_pictures)
    assert pictures_session.pictures() == []
    assert pictures_session.pending_pictures() == []


def begin(library: SlowLibrary) -> None:
    """Do what the page does after a click on *Analyse*."""
    pending = list(video_session.pending_uploads())
    row = {"start_s": 0.0, "end_s": None, "rate": next(iter(RATES)), "model": "default", "keep": False, "tags": []}
    pending_uploads._begin(library, pending, pd.DataFrame([{"name": each.stem, **row} for each in pending]))


def test_a_second_click_on_analyse_adds_no_video_twice(call):
    video_session.pending_uploads().extend(VideoSource(name, io.BytesIO(b"video")) for name in ("a.mp4", "b.mp4"))
    library = SlowLibrary(call)
    call.overlapped(lambda: begin(library), lambda: begin(library))
    assert sorted(library.names) == ["a.mp4", "b.mp4"]
    assert sorted(video_session.begun_videos()) == ["id of a.mp4", "id of b.mp4"]
    assert video_session.pending_uploads() == []
    assert video_session.refusals() == []


def test_videos_can_be_discarded_while_they_are_added(call):
    video_session.pending_uploads().append(VideoSource("a.mp4", io.BytesIO(b"video")))
    call.overlapped(lambda: begin(SlowLibrary(call)), video_session.discard_pending_uploads)
    assert video_session.pending_uploads() == []


class Stopped:
    """A progress bar whose second update stops the run, as a click does."""

    def __init__(self) -> None:
        self.told = 0

    def progress(self, *_args) -> None:
        self.told += 1
        if self.told == 2:
            raise StopException


def test_a_stopped_run_leaves_no_video_of_a_study_to_be_added_twice(monkeypatch, call):
    call.allowed.set()
    library = SlowLibrary(call)
    uploads = [SimpleNamespace(name=f"{name}.mp4", file_id=name) for name in "ab"]
    cells = tuple(Cell(name, "film", str(place)) for place, name in enumerate("ab"))
    saved: list[Study] = []
    monkeypatch.setattr(add, "_save", lambda _studies, _saved, study, *_others: saved.append(study))
    st.session_state["study_upload_count"] = 0
    study = Study("Study", (Participant("a"), Participant("b")), (Stimulus("film"),), cells)
    arguments = SimpleNamespace(analyses=library), None, study, uploads, JobSettings()
    monkeypatch.setattr(st, "progress", lambda *_args: Stopped())
    with pytest.raises(StopException):
        add._analyse(*arguments)
    monkeypatch.setattr(st, "progress", lambda *_args: SimpleNamespace(progress=lambda *_args: None))
    add._analyse(*arguments)
    assert library.names == ["a.mp4", "b.mp4"]
    assert [cell.analysis for cell in saved[0].cells] == ["id of a.mp4", "id of b.mp4"]
