"""The repository of one owner's studies."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from emotion.errors import LibraryError
from emotion.library.entries import State, clean_title
from emotion.library.mapping import now
from emotion.library.orm import AnalysisRow, StudyCellRow, StudyParticipantRow, StudyRow, StudyStimulusRow
from emotion.library.repository import Repository
from emotion.studies.study import Cell, Consent, Participant, Stimulus, Study

_PARTS = (StudyCellRow, StudyStimulusRow, StudyParticipantRow)
_Part = TypeVar("_Part", StudyCellRow, StudyStimulusRow, StudyParticipantRow)


@dataclass(frozen=True, slots=True)
class SavedStudy:
    """A study as it is stored.

    Attributes:
        id: 32 hexadecimal digits.
        study: The study.
        version: How often it was saved.
    """

    id: str
    study: Study
    version: int


@dataclass(frozen=True, slots=True)
class StudySummary:
    """One line of the list of studies.

    Attributes:
        id: ID of the study.
        title: Its title.
        participants: How many it has.
        stimuli: How many.
        cells: How many have an analysis.
        changed_at: When it was last saved (UTC).
    """

    id: str
    title: str
    participants: int
    stimuli: int
    cells: int
    changed_at: dt.datetime


@dataclass(frozen=True, slots=True)
class AnalysisState:
    """The facts about an analysis that the table of a study shows.

    Attributes:
        title: Its title.
        source: Name of the uploaded file.
        state: Its state.
        note: What went wrong, or empty.
        edits_version: How often its edits were saved.
        duration_s: Length of the video, s, if known.
    """

    title: str
    source: str
    state: State
    note: str
    edits_version: int
    duration_s: float | None


class StudyRepository:
    """The studies of one owner; it cannot reach studies or analyses of other owners.

    Args:
        repository: The owner's analyses.
    """

    def __init__(self, repository: Repository) -> None:
        self.analyses = repository
        self._database, self._owner = repository.library.database, repository.owner

    def summaries(self) -> list[StudySummary]:
        """Return all studies, the last changed first."""
        counts = [
            select(func.count()).where(table.study_id == StudyRow.id).scalar_subquery()
            for table in (StudyParticipantRow, StudyStimulusRow, StudyCellRow)
        ]
        found = select(StudyRow.id, StudyRow.title, *counts, StudyRow.changed_at).where(StudyRow.owner == self._owner)
        with self._database.reading() as session:
            rows = session.execute(found.order_by(StudyRow.changed_at.desc(), StudyRow.id))
            return [StudySummary(*row) for row in rows]

    def create(self, study: Study) -> SavedStudy:
        """Store a new study.

        Raises:
            LibraryError: A cell names an analysis that this owner does not have.
        """
        moment = now()
        row = StudyRow(
            id=uuid.uuid4().hex, owner=self._owner, title="", created_at=moment, changed_at=moment, version=0
        )
        with self._database.writing() as session:
            session.add(row)
            session.flush()
            self._write(session, row, study)
        return self.get(row.id)

    def get(self, study_id: str) -> SavedStudy:
        """Return one study.

        Raises:
            LibraryError: There is none with this ID.
        """
        with self._database.reading() as session:
            row = study_row(session, self._owner, study_id)
            people = _select_rows(session, study_id, StudyParticipantRow, "name", "variables", "consent", "excluded")
            stimuli = _select_rows(
                session, study_id, StudyStimulusRow, "name", "variables", "event", "before_s", "after_s"
            )
            columns = ("participant", "stimulus", "analysis_id", "start_s", "end_s", "track")
            study = Study(
                row.title,
                tuple(Participant(name, values, Consent(consent), why) for name, values, consent, why in people),
                tuple(Stimulus(*each) for each in stimuli),
                tuple(Cell(*each) for each in _select_rows(session, study_id, StudyCellRow, *columns)),
            )
            return SavedStudy(row.id, study, row.version)

    def find(self, name: str) -> SavedStudy:
        """Return the study with this ID or this title.

        Raises:
            LibraryError: There is no such study, or several have this title.
        """
        matching = [each.id for each in self.summaries() if name in {each.id, each.title}]
        if len(matching) != 1:
            problem = "several studies have this title; use its ID" if matching else "there is no such study"
            raise LibraryError(f"expected the title or ID of a study; got {name!r}: {problem}")
        return self.get(matching[0])

    def save(self, saved: SavedStudy, study: Study) -> SavedStudy:
        """Replace a study, and return it as it is stored now.

        Args:
            saved: The study as it was read.
            study: What it becomes.

        Raises:
            LibraryError: It was changed in the meantime, or a cell names an analysis that this owner does not have.
        """
        with self._database.writing() as session:
            row = study_row(session, self._owner, saved.id, lock=True)
            if row.version != saved.version:
                raise LibraryError("the study was changed elsewhere in the meantime; reload it and try again")
            for part in _PARTS:
                session.execute(delete(part).where(part.study_id == saved.id))
            self._write(session, row, study)
        return self.get(saved.id)

    def delete(self, study_id: str) -> None:
        """Delete a study; its analyses stay in the library."""
        with self._database.writing() as session:
            study_row(session, self._owner, study_id, lock=True)
            session.execute(delete(StudyRow).where(StudyRow.id == study_id, StudyRow.owner == self._owner))

    def states(self, study_id: str) -> dict[str, AnalysisState]:
        """Return analysis ID → its state, for the analyses of a study."""
        columns = (
            AnalysisRow.id, AnalysisRow.title, AnalysisRow.source, AnalysisRow.state, AnalysisRow.note,
            AnalysisRow.edits_version, AnalysisRow.duration_s,
        )  # fmt: skip
        used = select(StudyCellRow.analysis_id).where(StudyCellRow.study_id == study_id)
        with self._database.reading() as session:
            found = select(*columns).where(AnalysisRow.owner == self._owner, AnalysisRow.id.in_(used))
            return {
                analysis: AnalysisState(title, source, State(state), note, version, duration)
                for analysis, title, source, state, note, version, duration in session.execute(found)
            }

    def files(self) -> dict[str, str]:
        """Return analysis ID → name of the uploaded file, for all analyses of the owner."""
        query = select(AnalysisRow.id, AnalysisRow.source).where(AnalysisRow.owner == self._owner)
        with self._database.reading() as session:
            return dict(session.execute(query.order_by(AnalysisRow.created_at)).all())

    def _write(self, session: Session, row: StudyRow, study: Study) -> None:
        self._expect_own(session, {cell.analysis for cell in study.cells})
        row.title, row.changed_at, row.version = clean_title(study.title), now(), row.version + 1
        _insert(session, StudyParticipantRow, row.id, [
            {
                "name": each.name, "variables": dict(each.variables), "consent": str(each.consent),
                "excluded": each.excluded,
            }
            for each in study.participants
        ])  # fmt: skip
        _insert(session, StudyStimulusRow, row.id, [
            {
                "name": each.name, "variables": dict(each.variables), "event": each.event,
                "before_s": each.before_s, "after_s": each.after_s,
            }
            for each in study.stimuli
        ])  # fmt: skip
        _insert(session, StudyCellRow, row.id, [
            {
                "participant": each.participant, "stimulus": each.stimulus, "analysis_id": each.analysis,
                "start_s": each.start_s, "end_s": each.end_s, "track": each.track,
            }
            for each in study.cells
        ])  # fmt: skip

    def _expect_own(self, session: Session, analyses: set[str]) -> None:
        own = set(session.scalars(select(AnalysisRow.id).where(AnalysisRow.owner == self._owner)))
        if strange := sorted(analyses - own):
            raise LibraryError(f"expected analyses of this library; there is no {strange[0]!r}")


def study_row(session: Session, owner: str, study_id: str, *, lock: bool = False) -> StudyRow:
    """Return the row of an owner's study.

    Args:
        session: The database session.
        owner: The owner.
        study_id: ID of the study.
        lock: Whether to lock the row until the session ends.

    Raises:
        LibraryError: The owner has no such study.
    """
    wanted = select(StudyRow).where(StudyRow.id == study_id, StudyRow.owner == owner)
    row = session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise LibraryError(f"there is no study {study_id!r} in this library")
    return row


def _insert(session: Session, table: type[_Part], study_id: str, rows: list[dict[str, object]]) -> None:
    if rows:
        session.execute(
            insert(table), [{"study_id": study_id, "place": place, **row} for place, row in enumerate(rows)]
        )


def _select_rows(session: Session, study_id: str, table: type[_Part], *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of a study's rows in a table, in order."""
    wanted = select(*(getattr(table, name) for name in columns))
    found = session.execute(wanted.where(table.study_id == study_id).order_by(table.place))
    return [tuple(row) for row in found]
