"""Studies as folders: imported into another library with the same results."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from emotion.errors import EmotionError, InputError
from emotion.library.studies import StudyRepository
from emotion.library.studies.exchange import export_study, import_study
from emotion.library.studies.repository import SavedStudy
from emotion.library.studies.results import study_results


def test_a_study_has_the_same_results_in_another_library(
    studies: StudyRepository, saved: SavedStudy, tmp_path: Path
) -> None:
    results = study_results(studies, saved)
    assert results.problems == {("p2", "rest"): "The analysis is not finished: it is queued."}
    assert len(results.means) == 3
    assert len(export_study(studies, saved, tmp_path / "out")) == 1
    with pytest.raises(InputError, match="is not empty"):
        export_study(studies, saved, tmp_path / "out")
    # This owner already has the analyses.
    again = import_study(studies, tmp_path / "out")
    assert again.study.cells == saved.study.cells[:3]
    elsewhere = StudyRepository(studies.analyses.library.for_owner("a colleague"))
    imported = import_study(elsewhere, tmp_path / "out")
    assert {cell.analysis for cell in imported.study.cells}.isdisjoint(cell.analysis for cell in saved.study.cells)
    assert imported.study.participants == saved.study.participants
    pd.testing.assert_frame_equal(study_results(elsewhere, imported).means, results.means)
    assert elsewhere.analyses.search().total == 2
    assert elsewhere.analyses.search("film").total == 2, "events can be searched"


@pytest.mark.parametrize("linked", ["study.json", "timelines", "timeline", "pipe"])
def test_a_folder_with_links_or_pipes_is_refused(
    studies: StudyRepository, saved: SavedStudy, tmp_path: Path, linked: str
) -> None:
    """Links could lead to any file of this machine, and pipes never end."""
    folder = tmp_path / "out"
    export_study(studies, saved, folder)
    timeline = next((folder / "timelines").iterdir())
    path = {"timeline": timeline, "pipe": timeline}.get(linked, folder / linked)
    path.rename(tmp_path / "elsewhere")
    if linked == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(tmp_path / "elsewhere")
    elsewhere = StudyRepository(studies.analyses.library.for_owner("a colleague"))
    with pytest.raises(InputError, match="in the folder of a study; "):
        import_study(elsewhere, folder)
    assert elsewhere.analyses.search().total == 0


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
    with pytest.raises(InputError, match=rf"expected an exported study, a folder or a \.zip file; got {video.name}"):
        import_study(studies, video)
