"""Ends a claimed analysis: computes its figures, deletes what is not kept, and stores the result."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select

from emotion.analytics.edits import Edits
from emotion.analytics.files import load_parquet
from emotion.engine.storage import timeline_key, video_key
from emotion.library.entries import State
from emotion.library.jobs.queue import Claim, held_by
from emotion.library.library import Library
from emotion.library.mapping import expiry, now, retention_days_of
from emotion.library.orm import AnalysisRow
from emotion.library.summary import list_figures
from emotion.types import Analysis


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a run.

    Attributes:
        state: The final state.
        note: Why it is incomplete, in one sentence, or empty.
        summary: Figures, if there is a timeline.
        keeps_video: Whether the video is kept.
        edits_version: Version of the edits that ``summary`` has; None if it has none.
    """

    state: State
    note: str = ""
    summary: dict[str, Any] | None = None
    keeps_video: bool = False
    edits_version: int | None = None


class EditsChanged(Exception):  # noqa: N818 – a reason to compute again, not a fault
    """Somebody saved edits after the figures were computed."""


def finish(library: Library, claim: Claim, outcome: Outcome, result: Analysis | None = None) -> bool:
    """Store the result of a run, and return whether the claim was still valid.

    Raises:
        EditsChanged: The outcome's figures are of older edits; nothing was stored.
    """
    size = library.storage.used_bytes(claim.id)
    with library.database.writing() as session:
        row = session.scalar(select(AnalysisRow).where(*held_by(claim)).with_for_update())
        if row is None:
            return False
        if outcome.edits_version not in {None, row.edits_version}:
            raise EditsChanged
        row.state, row.note, row.summary = outcome.state, outcome.note, outcome.summary
        row.finished_at, row.rate, row.run, row.worker_pid = now(), 0.0, None, None
        row.bytes, row.has_video = size, outcome.keeps_video
        if result is not None:
            row.info, row.duration_s = asdict(result.info), result.info.duration_s
            row.done = len(result.frames)
            row.total = row.done if outcome.state is State.DONE else max(row.total, row.done)
        row.kept_until = expiry(row, retention_days_of(session, row.owner))
        return True


def complete_analysis(library: Library, claim: Claim) -> None:
    """Finish an analysis whose timeline is written: compute figures, delete files, then store the result.

    In this order, a worker that dies in between leaves no files that should be deleted. Without a valid claim, nothing
    is changed.
    """
    with library.storage.local(timeline_key(claim.id)) as path:
        result = load_parquet(path)
    with library.database.reading() as session:
        row = session.scalar(select(AnalysisRow).where(*held_by(claim)))
        if row is None:
            return
        stopped, keep = row.cancel_asked and not result.complete, bool(row.settings["keep_video"])
    library.checkpoint(claim.id).clear()
    if not keep:
        library.storage.remove(video_key(claim.id))
    state = State.CANCELLED if stopped else State.DONE
    while True:
        with library.database.reading() as session:
            row = session.scalar(select(AnalysisRow).where(*held_by(claim)))
            if row is None:
                return
            # People may be named or hidden while the analysis runs, and while its figures are computed.
            edits, version = Edits.from_dict(row.edits or {}), row.edits_version
        outcome = Outcome(state, result.note, list_figures(result, edits), keeps_video=keep, edits_version=version)
        with contextlib.suppress(EditsChanged):
            finish(library, claim, outcome, result)
            return
