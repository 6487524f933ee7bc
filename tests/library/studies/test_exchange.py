"""A study goes to another library as one folder, with the same results."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from emotion.analytics.edits import Edits, Event, Span
from emotion.errors import EmotionError, InputError
from emotion.library import LOCAL, Library
from emotion.library.studies import StudyRepository
from emotion.library.studies.exchange import export_study, import_study
from emotion.library.studies.repository import SavedStudy
from emotion.library.studies.results import study_results
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


def test_a_study_has_the_same_results_in_another_library(
    studies: StudyRepository, saved: SavedStudy, tmp_path: Path
) -> None:
    results = study_results(studies, saved)
    assert results.problems == {("p2", "rest"): "The analysis is not finished: it is queued."}
    assert len(results.means) == 3
    assert len(export_study(studies, saved, tmp_path / "out")) == 1
    with pytest.raises(InputError, match="is not empty"):
        export_study(studies, saved, tmp_path / "out")
    # The same owner has the analyses already.
    again = import_study(studies, tmp_path / "out")
    assert again.study.cells == saved.study.cells[:3]
    elsewhere = StudyRepository(studies.analyses.library.for_owner("a colleague"))
    imported = import_study(elsewhere, tmp_path / "out")
    assert {cell.analysis for cell in imported.study.cells}.isdisjoint(cell.analysis for cell in saved.study.cells)
    assert imported.study.participants == saved.study.participants
    pd.testing.assert_frame_equal(study_results(elsewhere, imported).means, results.means)
    assert elsewhere.analyses.search().total == 2
    assert elsewhere.analyses.search("film").total == 2, "events can be searched"


@pytest.mark.parametrize("break_it", ["no file", "no json", "version", "timeline", "strange id"])
def test_a_damaged_folder_adds_nothing(
    studies: StudyRepository, saved: SavedStudy, tmp_path: Path, break_it: str
) -> None:
    export_study(studies, saved, tmp_path / "out")
    about = tmp_path / "out" / "study.json"
    content = json.loads(about.read_text(encoding="utf-8"))
    if break_it == "no file":
        about.unlink()
    elif break_it == "no json":
        about.write_text("[1]", encoding="utf-8")
    elif break_it == "timeline":
        next((tmp_path / "out" / "timelines").iterdir()).write_bytes(b"PAR1 no")
    else:
        change = {"version": {"version": 9}, "strange id": {"analyses": {"../../x": {}}}}[break_it]
        about.write_text(json.dumps(content | change), encoding="utf-8")
    elsewhere = StudyRepository(studies.analyses.library.for_owner("a colleague"))
    with pytest.raises(EmotionError, match="expected"):
        import_study(elsewhere, tmp_path / "out")
    assert elsewhere.summaries() == []
    assert elsewhere.analyses.search().total == 0
    assert set(studies.analyses.library.storage.folders()) == {cell.analysis for cell in saved.study.cells}


def test_a_file_is_no_folder(studies: StudyRepository, video: Path) -> None:
    with pytest.raises(InputError, match=f"expected a folder that “export” made; {video.name} is a file"):
        import_study(studies, video)
