"""Studies in both databases: saved completely, isolated by owner, and updated when analyses are deleted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from emotion.errors import LibraryError
from emotion.library import LOCAL, Library
from emotion.library.owners.erase import erase_owner
from emotion.library.studies import StudyRepository
from emotion.studies import Cell, Consent, Participant, Stimulus, Study
from tests.library.libraries import put


@pytest.fixture
def studies(library: Library) -> StudyRepository:
    return StudyRepository(library.for_owner(LOCAL))


def study_of(*analyses: str) -> Study:
    people = (
        Participant("p1", {"group": "control"}, Consent.GIVEN),
        Participant("p2", {"group": "patients"}, Consent.WITHDRAWN),
        Participant("p3", {"group": "control"}, excluded="moved out of view"),
    )
    stimuli = (Stimulus("film", {"valence": "positive"}), Stimulus("beep", event="beep", before_s=1, after_s=3.5))
    cells = [
        Cell("p1", "film", analyses[0]),
        Cell("p1", "beep", analyses[0], 1.5, None, 2),
        Cell("p2", "film", analyses[-1]),
    ]
    return Study("Pilot", people, stimuli, tuple(cells))


def test_a_study_is_kept_as_it_was_saved(studies: StudyRepository, video: Path) -> None:
    one, other = put(studies.analyses, video).id, put(studies.analyses, video).id
    saved = studies.create(study_of(one, other))
    assert studies.get(saved.id) == saved
    assert saved.study == study_of(one, other)
    assert [(each.title, each.participants, each.stimuli, each.cells) for each in studies.summaries()] == [
        ("Pilot", 3, 2, 3)
    ]
    changed = studies.save(saved, replace(saved.study, title="Main", cells=saved.study.cells[:1]))
    assert studies.find("Main") == changed
    assert (changed.version, len(changed.study.cells)) == (saved.version + 1, 1)
    with pytest.raises(LibraryError, match="changed elsewhere"):
        studies.save(saved, saved.study)
    studies.delete(saved.id)
    assert studies.summaries() == []
    assert studies.analyses.get(one).id == one


@pytest.mark.slow
def test_a_deleted_analysis_leaves_its_cell_missing(studies: StudyRepository, video: Path) -> None:
    one, other = put(studies.analyses, video).id, put(studies.analyses, video).id
    saved = studies.create(study_of(one, other))
    assert set(studies.states(saved.id)) == {one, other}
    studies.analyses.delete(one)
    study = studies.get(saved.id).study
    assert [cell.key for cell in study.cells] == [("p2", "film")]
    assert study.missing() == [("p1", "film"), ("p1", "beep")]


def test_owners_cannot_reach_each_others_studies_or_analyses(
    studies: StudyRepository, library: Library, video: Path
) -> None:
    one = put(studies.analyses, video).id
    saved = studies.create(study_of(one))
    stranger = StudyRepository(library.for_owner("somebody else"))
    assert stranger.summaries() == []
    assert stranger.files() == {}
    assert stranger.states(saved.id) == {}
    for act in (lambda: stranger.get(saved.id), lambda: stranger.delete(saved.id), lambda: stranger.find("Pilot")):
        with pytest.raises(LibraryError):
            act()
    with pytest.raises(LibraryError, match="there is no study"):
        stranger.save(saved, saved.study)
    with pytest.raises(LibraryError, match="expected analyses of this library"):
        stranger.create(study_of(one))
    assert stranger.summaries() == []
    assert studies.get(saved.id) == saved


def test_erasing_an_owner_deletes_their_studies(studies: StudyRepository, video: Path) -> None:
    studies.create(study_of(put(studies.analyses, video).id))
    erase_owner(studies.analyses)
    assert studies.summaries() == []
