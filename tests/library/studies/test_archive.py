"""Studies as ZIP files: imported into another library, and damaged or foreign ones refused."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from emotion.errors import Cancelled, EmotionError, InputError
from emotion.library.studies import StudyRepository
from emotion.library.studies.archive import export_zip, import_zip
from emotion.library.studies.exchange import export_study
from emotion.library.studies.repository import SavedStudy
from emotion.library.studies.results import study_results
from emotion.progress import Progress
from emotion.sandbox.runner import end_idle_processes

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def none_waits():
    end_idle_processes()
    yield
    end_idle_processes()


@pytest.fixture
def colleague(studies: StudyRepository) -> StudyRepository:
    return StudyRepository(studies.analyses.library.for_owner("a colleague"))


def test_a_study_goes_through_a_zip_file(
    studies: StudyRepository,
    saved: SavedStudy,
    colleague: StudyRepository,
    tmp_path: Path,
) -> None:
    steps: list[Progress] = []
    assert len(export_zip(studies, saved, tmp_path / "study.zip")) == 1, "one analysis is still queued"
    imported = import_zip(colleague, tmp_path / "study.zip", steps.append)
    assert imported.study.participants == saved.study.participants
    pd.testing.assert_frame_equal(study_results(colleague, imported).means, study_results(studies, saved).means)
    assert [(each.done, each.total) for each in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [path.name for path in tmp_path.iterdir() if "study" in path.name] == ["study.zip"]


def test_a_folder_that_was_packed_by_hand_is_read(
    studies: StudyRepository,
    saved: SavedStudy,
    colleague: StudyRepository,
    tmp_path: Path,
) -> None:
    export_study(studies, saved, tmp_path / "packed" / "pilot")
    (tmp_path / "packed" / "pilot" / "notes.txt").write_text("mine")
    archive = shutil.make_archive(str(tmp_path / "pilot"), "zip", tmp_path / "packed")
    assert len(import_zip(colleague, Path(archive)).study.cells) == 3


@pytest.mark.parametrize("break_it", ["no zip", "no study", "two studies", "damaged", "timeline"])
def test_a_damaged_file_adds_nothing(
    studies: StudyRepository,
    saved: SavedStudy,
    colleague: StudyRepository,
    tmp_path: Path,
    break_it: str,
) -> None:
    path = tmp_path / "study.zip"
    export_zip(studies, saved, path)
    if break_it == "no zip":
        path.write_bytes(b"PK no")
    elif break_it == "damaged":
        content = bytearray(path.read_bytes())
        place = content.index(b"PAR1")
        content[place : place + 200] = bytes(200)
        path.write_bytes(bytes(content))
    else:
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        if break_it == "no study":
            files["other.json"] = files.pop("study.json")
        elif break_it == "two studies":
            files["copy/study.json"] = files["study.json"]
        else:
            files = {name: b"PAR1 no" if name.endswith(".parquet") else content for name, content in files.items()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    with pytest.raises(EmotionError, match="expected"):
        import_zip(colleague, path)
    assert colleague.summaries() == []
    assert colleague.analyses.search().total == 0


def test_a_stopped_import_adds_nothing(
    studies: StudyRepository,
    saved: SavedStudy,
    colleague: StudyRepository,
    tmp_path: Path,
) -> None:
    export_zip(studies, saved, tmp_path / "study.zip")

    def stop(progress: Progress) -> None:
        if progress.done == 3:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        import_zip(colleague, tmp_path / "study.zip", stop)
    assert colleague.analyses.search().total == 0


@pytest.mark.parametrize("name", ["../study.json", "a/b/study.json", "/study.json"])
def test_names_in_the_archive_are_no_paths(colleague: StudyRepository, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(name, "{}")
    (tmp_path / "work").mkdir()
    with pytest.raises(InputError, match="expected a"):
        import_zip(colleague, tmp_path / "x.zip", workspace=tmp_path / "work")
    assert not list(tmp_path.rglob("study.json"))
