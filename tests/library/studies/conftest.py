"""A small study with two finished analyses and a queued one."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion.analytics.edits import Edits, Event, Span
from emotion.library import LOCAL, Library
from emotion.library.studies import StudyRepository
from emotion.library.studies.repository import SavedStudy
from emotion.studies import Cell, Consent, Participant, Stimulus, Study
from tests.conftest import make_analysis
from tests.library.libraries import put


@pytest.fixture
def studies(library: Library) -> StudyRepository:
    return StudyRepository(library.for_owner(LOCAL))


@pytest.fixture
def saved(studies: StudyRepository, video: Path) -> SavedStudy:
    ids = []
    for labels in (["happiness"] * 20, ["neutral", "anger"] * 8):
        entry = put(studies.analyses, video, analysis=make_analysis([[label] for label in labels]))
        studies.analyses.save_edits(entry.id, Edits(events=(Event("film", Span(0.5, 1.2)),)))
        ids.append(entry.id)
    waiting = studies.analyses.add(video, "waiting.mp4").id
    people = (Participant("p1", {"group": "a"}, Consent.GIVEN), Participant("p2", {"group": "b"}))
    stimuli = (Stimulus("film", event="film"), Stimulus("rest"))
    cells = (Cell("p1", "film", ids[0]), Cell("p2", "film", ids[1]), Cell("p1", "rest", ids[0], 0.1, 0.4))
    return studies.create(Study("Pilot", people, stimuli, (*cells, Cell("p2", "rest", waiting))))
