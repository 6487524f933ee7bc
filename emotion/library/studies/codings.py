"""The repository of a study's codebook and of what its coders coded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from emotion.errors import InputError, LibraryError, brief
from emotion.library.mapping import now
from emotion.library.orm import StudyCellRow, StudyCodebookRow, StudyCodingRow
from emotion.library.studies.repository import StudyRepository, study_row
from emotion.studies.agreement.codings import MODEL
from emotion.studies.coding import DEFAULT_CODEBOOK, Codebook, Coding, merge_spans, spans_from_json, spans_to_json
from emotion.studies.study import Key


@dataclass(frozen=True, slots=True)
class SavedCodebook:
    """A codebook as it is stored.

    Attributes:
        codebook: The codebook.
        version: How often it was saved; 0 for the default one.
    """

    codebook: Codebook
    version: int


@dataclass(frozen=True, slots=True)
class SavedCoding:
    """A coding as it is stored.

    Attributes:
        coding: What was coded.
        version: How often it was saved; 0 if it never was.
    """

    coding: Coding
    version: int


class CodingRepository:
    """Codebooks and codings of one owner's studies; it cannot reach those of other owners.

    A coding belongs to the analysis that its cell had when it was coded. It is ignored while the cell has another
    analysis, and is deleted with its analysis or its study.

    Args:
        studies: The owner's studies.
    """

    def __init__(self, studies: StudyRepository) -> None:
        self._database, self._owner = studies.analyses.library.database, studies.analyses.owner

    def codebook(self, study_id: str) -> SavedCodebook:
        """Return the codebook of a study.

        Raises:
            LibraryError: There is no such study.
        """
        with self._database.reading() as session:
            study_row(session, self._owner, study_id)
            row = session.get(StudyCodebookRow, study_id)
            if row is None:
                return SavedCodebook(DEFAULT_CODEBOOK, 0)
            return SavedCodebook(Codebook.from_dict(row.codebook), row.version)

    def save_codebook(self, study_id: str, codebook: Codebook, since: SavedCodebook) -> SavedCodebook:
        """Replace the codebook of a study. Spans that were coded before keep the names of their codes.

        Args:
            study_id: ID of the study.
            codebook: What it becomes.
            since: The codebook as it was read.

        Raises:
            LibraryError: There is no such study, or the codebook was changed in the meantime.
        """
        with self._database.writing() as session:
            study_row(session, self._owner, study_id, lock=True)
            row = session.get(StudyCodebookRow, study_id)
            if (row.version if row is not None else 0) != since.version:
                raise LibraryError("the codebook was changed elsewhere in the meantime; reload it and try again")
            if row is None:
                row = StudyCodebookRow(study_id=study_id, version=0)
                session.add(row)
            row.codebook, row.version = codebook.to_dict(), since.version + 1
            return SavedCodebook(codebook, row.version)

    def coders(self, study_id: str) -> list[str]:
        """Return the names of all coders of a study, without what they coded.

        Raises:
            LibraryError: There is no such study.
        """
        found = select(StudyCodingRow.coder).where(StudyCodingRow.study_id == study_id).distinct()
        with self._database.reading() as session:
            study_row(session, self._owner, study_id)
            return sorted(session.scalars(found), key=str.casefold)

    def all(self, study_id: str, coder: str | None = None) -> list[SavedCoding]:
        """Return what coders coded in the videos that the study has now, by coder, participant and stimulus.

        Args:
            study_id: ID of the study.
            coder: Only this coder's.

        Raises:
            LibraryError: There is no such study.
        """
        row = StudyCodingRow
        same_video = (
            (StudyCellRow.study_id == row.study_id)
            & (StudyCellRow.participant == row.participant)
            & (StudyCellRow.stimulus == row.stimulus)
            & (StudyCellRow.analysis_id == row.analysis_id)
        )
        found = select(row).join(StudyCellRow, same_video).where(row.study_id == study_id)
        if coder is not None:
            found = found.where(row.coder == coder)
        with self._database.reading() as session:
            study_row(session, self._owner, study_id)
            return [_saved(each) for each in session.scalars(found.order_by(row.coder, row.participant, row.stimulus))]

    def get(self, study_id: str, coder: str, key: Key) -> SavedCoding:
        """Return what a coder coded in one video; an empty coding if there is none yet.

        Raises:
            LibraryError: There is no such study, or it has no video of this participant and stimulus.
        """
        empty = SavedCoding(Coding(coder, *key), 0)
        with self._database.reading() as session:
            study_row(session, self._owner, study_id)
            row = session.get(StudyCodingRow, (study_id, coder, *key))
            analysis = _analysis_of(session, study_id, key)
            return empty if row is None or row.analysis_id != analysis else _saved(row)

    def save(self, study_id: str, coding: Coding, since: SavedCoding) -> SavedCoding:
        """Store a coding, and return the coding that is stored now.

        If another tab saved it in the meantime, the changes of both are kept.

        Args:
            study_id: ID of the study.
            coding: What was coded.
            since: The coding as it was read or last saved.

        Raises:
            InputError: The coder is named like the model.
            LibraryError: There is no such study, or it has no video of this participant and stimulus.
        """
        expect_coder(coding.coder)
        with self._database.writing() as session:
            study_row(session, self._owner, study_id, lock=True)
            analysis = _analysis_of(session, study_id, coding.key)
            row = session.get(StudyCodingRow, (study_id, coding.coder, *coding.key))
            if row is not None and row.analysis_id == analysis and row.version != since.version:
                coding = _merged(since.coding, coding, _saved(row).coding)
            if row is None:
                row = StudyCodingRow(
                    study_id=study_id, coder=coding.coder, participant=coding.participant, stimulus=coding.stimulus,
                    version=0,
                )  # fmt: skip
                session.add(row)
            row.analysis_id, row.spans, row.finished = analysis, spans_to_json(coding.spans), coding.finished
            row.changed_at, row.version = now(), row.version + 1
            return SavedCoding(coding, row.version)

    def add(self, study_id: str, codebook: Codebook | None, codings: Iterable[Coding]) -> None:
        """Store the codebook and the codings of an imported study."""
        if codebook is not None:
            self.save_codebook(study_id, codebook, self.codebook(study_id))
        for coding in codings:
            self.save(study_id, coding, SavedCoding(replace(coding, spans=(), finished=False), 0))


def expect_coder(name: str) -> None:
    """Check the name of a coder.

    Raises:
        InputError: It is empty, too long or the model's.
    """
    Coding(name, "", "")
    if name.casefold() == MODEL:
        raise InputError(f"expected a coder's name other than {MODEL!r}, which is the model's; got {brief(name)!r}")


def _analysis_of(session: Session, study_id: str, key: Key) -> str:
    row = session.get(StudyCellRow, (study_id, *key))
    if row is None:
        raise LibraryError(f"the study has no video of {brief(' · '.join(key))}")
    return row.analysis_id


def _saved(row: StudyCodingRow) -> SavedCoding:
    spans = spans_from_json(row.spans)
    return SavedCoding(Coding(row.coder, row.participant, row.stimulus, spans, row.finished), row.version)


def _merged(base: Coding, mine: Coding, stored: Coding) -> Coding:
    finished = mine.finished if mine.finished != base.finished else stored.finished
    return replace(mine, spans=merge_spans(base.spans, mine.spans, stored.spans), finished=finished)
