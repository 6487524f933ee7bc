"""Codebooks and codings in both databases: saved, isolated by owner, merged, moved, and deleted with their study."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from emotion.errors import InputError, LibraryError
from emotion.library.backup.snapshot import back_up, restore
from emotion.library.orm import StudyCodebookRow, StudyCodingRow
from emotion.library.owners.erase import erase_owner
from emotion.library.studies import SavedStudy, StudyRepository
from emotion.library.studies.codings import CodingRepository, SavedCoding
from emotion.library.studies.exchange import export_study, import_study
from emotion.studies.coding import DEFAULT_CODEBOOK, Code, Codebook, CodedSpan, CodeKind, Coding

BOOK = Codebook((Code("smile", "s"), Code("blink", "b", CodeKind.POINT)), exclusive=False)
FIRST = Coding("ann", "p1", "film", (CodedSpan(0.04, 0.08, "smile"), CodedSpan(0.12, 0.12, "blink")))


@pytest.fixture
def codings(studies: StudyRepository) -> CodingRepository:
    return CodingRepository(studies)


def rows_of(studies: StudyRepository) -> list[int]:
    with studies.analyses.library.database.reading() as session:
        return [session.scalar(select(func.count()).select_from(each)) for each in (StudyCodebookRow, StudyCodingRow)]


def store(codings: CodingRepository, study_id: str, coding: Coding = FIRST) -> SavedCoding:
    return codings.save(study_id, coding, codings.get(study_id, coding.coder, coding.key))


def test_codings_are_kept_as_they_were_saved(codings: CodingRepository, saved: SavedStudy) -> None:
    assert codings.get(saved.id, "ann", ("p1", "film")) == SavedCoding(Coding("ann", "p1", "film"), 0)
    assert codings.all(saved.id) == []
    one = store(codings, saved.id)
    assert one == SavedCoding(FIRST, 1) == codings.get(saved.id, "ann", ("p1", "film"))
    finished = replace(FIRST, spans=FIRST.spans[:1], finished=True)
    assert codings.save(saved.id, finished, one) == SavedCoding(finished, 2)
    other = store(codings, saved.id, replace(FIRST, coder="bob"))
    assert codings.all(saved.id) == [SavedCoding(finished, 2), other]
    assert codings.all(saved.id, "bob") == [other]


def test_two_tabs_of_a_coder_keep_the_spans_of_both(codings: CodingRepository, saved: SavedStudy) -> None:
    base = store(codings, saved.id)
    here, there = CodedSpan(0.2, 0.3, "smile"), CodedSpan(0.4, 0.5, "smile")
    codings.save(saved.id, replace(FIRST, spans=(*FIRST.spans, here)), base)
    both = codings.save(saved.id, replace(FIRST, spans=(FIRST.spans[0], there), finished=True), base)
    assert both.version == 3
    assert both.coding.spans == (FIRST.spans[0], here, there)
    assert both.coding.finished


def test_a_codebook_is_replaced_unless_it_was_changed_elsewhere(codings: CodingRepository, saved: SavedStudy) -> None:
    default = codings.codebook(saved.id)
    assert (default.codebook, default.version) == (DEFAULT_CODEBOOK, 0)
    changed = codings.save_codebook(saved.id, BOOK, default)
    assert codings.codebook(saved.id) == changed
    with pytest.raises(LibraryError, match="the codebook was changed elsewhere in the meantime"):
        codings.save_codebook(saved.id, DEFAULT_CODEBOOK, default)
    again = codings.save_codebook(saved.id, DEFAULT_CODEBOOK, changed)
    assert (codings.codebook(saved.id), again.version) == (again, 2)


def test_saving_a_study_keeps_its_codings(
    codings: CodingRepository, studies: StudyRepository, saved: SavedStudy, video: Path
) -> None:
    one = store(codings, saved.id)
    changed = studies.save(saved, replace(saved.study, title="Main"))
    assert codings.all(saved.id) == [one]
    # The cell gets another video, to which the codings of the first one do not apply.
    cells = (replace(saved.study.cells[0], analysis=put_other(studies, video)), *saved.study.cells[1:])
    studies.save(changed, replace(changed.study, cells=cells))
    assert codings.all(saved.id) == []
    assert codings.get(saved.id, "ann", FIRST.key).version == 0
    new = replace(FIRST, spans=FIRST.spans[:1])
    assert store(codings, saved.id, new).coding == new


def put_other(studies: StudyRepository, video: Path) -> str:
    return studies.analyses.add(video, "other.mp4").id


def test_a_video_that_the_study_does_not_have_is_refused(codings: CodingRepository, saved: SavedStudy) -> None:
    nobody = replace(FIRST, participant="p9")
    with pytest.raises(LibraryError, match="the study has no video of p9 · film"):
        codings.save(saved.id, nobody, SavedCoding(nobody, 0))
    for name in ("model", "Model"):
        with pytest.raises(InputError, match="expected a coder's name other than 'model', which is the model's; got"):
            store(codings, saved.id, replace(FIRST, coder=name))


def test_nobody_reaches_anothers_codings(
    codings: CodingRepository, studies: StudyRepository, saved: SavedStudy
) -> None:
    one, book = store(codings, saved.id), codings.save_codebook(saved.id, BOOK, codings.codebook(saved.id))
    library = studies.analyses.library
    stranger = CodingRepository(StudyRepository(library.for_owner("somebody else")))
    for act in (
        lambda: stranger.codebook(saved.id),
        lambda: stranger.save_codebook(saved.id, DEFAULT_CODEBOOK, book),
        lambda: stranger.all(saved.id),
        lambda: stranger.get(saved.id, "ann", FIRST.key),
        lambda: stranger.save(saved.id, replace(FIRST, spans=()), one),
    ):
        with pytest.raises(LibraryError, match="there is no study"):
            act()
    assert codings.all(saved.id) == [one]


@pytest.mark.parametrize("how", ["study", "analysis", "owner"])
def test_codings_are_deleted_with(
    how: str, codings: CodingRepository, studies: StudyRepository, saved: SavedStudy
) -> None:
    store(codings, saved.id)
    codings.save_codebook(saved.id, BOOK, codings.codebook(saved.id))
    assert rows_of(studies) == [1, 1]
    if how == "study":
        studies.delete(saved.id)
    elif how == "analysis":
        studies.analyses.delete(saved.study.cells[0].analysis)
    else:
        erase_owner(studies.analyses)
    assert rows_of(studies) == [int(how == "analysis"), 0]


def test_codings_move_with_their_study(
    codings: CodingRepository, studies: StudyRepository, saved: SavedStudy, tmp_path: Path
) -> None:
    one = store(codings, saved.id)
    store(codings, saved.id, Coding("ann", "p2", "rest", (CodedSpan(0, 0.1, "smile"),)))
    codings.save_codebook(saved.id, BOOK, codings.codebook(saved.id))
    export_study(studies, saved, tmp_path / "out")
    elsewhere = StudyRepository(studies.analyses.library.for_owner("a colleague"))
    moved, there = import_study(elsewhere, tmp_path / "out"), CodingRepository(elsewhere)
    assert [each.coding for each in there.all(moved.id)] == [one.coding], "p2's rest has no timeline to export"
    assert there.codebook(moved.id).codebook == BOOK


@pytest.mark.parametrize(
    "strange",
    [
        {"codings": 1},
        {"codings": [1]},
        {"codings": [FIRST.to_dict() | {"participant": "p9"}]},
        {"codings": [FIRST.to_dict() | {"coder": "model"}]},
        {"codings": [FIRST.to_dict() | {"spans": [{"start_s": 2, "end_s": 1, "code": "smile"}]}]},
        {"codebook": {"codes": []}},
        {"codebook": []},
    ],
)
def test_a_folder_with_strange_codings_adds_nothing(
    strange: dict, codings: CodingRepository, studies: StudyRepository, saved: SavedStudy, tmp_path: Path
) -> None:
    store(codings, saved.id)
    export_study(studies, saved, tmp_path / "out")
    about = tmp_path / "out" / "study.json"
    content = json.loads(about.read_text(encoding="utf-8")) | strange
    about.write_text(json.dumps(content), encoding="utf-8")
    elsewhere = StudyRepository(studies.analyses.library.for_owner("a colleague"))
    with pytest.raises(InputError):
        import_study(elsewhere, tmp_path / "out")
    assert (elsewhere.summaries(), elsewhere.analyses.search().total) == ([], 0)
    assert rows_of(studies) == [0, 1]


def test_a_folder_of_an_older_version_has_no_codings(
    studies: StudyRepository, saved: SavedStudy, tmp_path: Path
) -> None:
    export_study(studies, saved, tmp_path / "out")
    about = tmp_path / "out" / "study.json"
    content = json.loads(about.read_text(encoding="utf-8"))
    del content["codings"]
    about.write_text(json.dumps(content), encoding="utf-8")
    assert CodingRepository(studies).all(import_study(studies, tmp_path / "out").id) == []


def test_a_backup_holds_codings(
    codings: CodingRepository, studies: StudyRepository, saved: SavedStudy, tmp_path: Path
) -> None:
    one, book = store(codings, saved.id), codings.save_codebook(saved.id, BOOK, codings.codebook(saved.id))
    library = studies.analyses.library
    back_up(library, tmp_path / "backup.tar")
    studies.delete(saved.id)
    restore(library, tmp_path / "backup.tar", replace=True)
    assert codings.all(saved.id) == [one]
    assert codings.codebook(saved.id) == book
