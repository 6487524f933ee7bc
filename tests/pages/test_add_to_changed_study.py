"""Videos are added to a study that another page changes meanwhile."""

from __future__ import annotations

import pytest
import streamlit as st

from emotion.library import Repository
from emotion.library.studies import StudyRepository
from emotion.studies import Participant, Stimulus, Study
from ui.studies import add


@pytest.fixture(autouse=True)
def state(monkeypatch) -> dict:
    monkeypatch.setattr(st, "session_state", {})
    return st.session_state


def test_both_changes_are_kept(repository: Repository, monkeypatch) -> None:
    errors: list[str] = []
    monkeypatch.setattr(st, "error", lambda text, **_others: errors.append(text))
    studies = StudyRepository(repository)
    saved = studies.create(Study("Study", (Participant("p1"),), (Stimulus("film"),)))
    studies.save(saved, saved.study.merged_with(Study("", (Participant("p2"),))))
    add._save(studies, saved, Study("", (Participant("p3"),)), "Added 1 video.")
    assert [each.name for each in studies.get(saved.id).study.participants] == ["p1", "p2", "p3"]
    assert errors == []
