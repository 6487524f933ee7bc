"""Adds an analysis that was made elsewhere, with its video and edits: nothing is queued."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path

from sqlalchemy import Select, select

from emotion.analytics.files import load_edits, load_parquet
from emotion.engine.storage import timeline_key, video_key
from emotion.library.entries import Entry, JobSettings, State, clean_title
from emotion.library.ingest import add_finished
from emotion.library.mapping import new_row
from emotion.library.orm import AnalysisRow
from emotion.library.repository import Repository
from emotion.types import Analysis

_SAVED = ("detector", "every", "fps", "start_s", "end_s", "eyes", "movements")
"""Settings of a job that a saved analysis records."""


def open_finished(repository: Repository, video: Path, timeline: Path, title: str) -> Entry:
    """Return the analysis of a video from the library, added if the library does not have it yet.

    Args:
        repository: The repository to add it to.
        video: The analysed video.
        timeline: Its analysis with names and events, as :func:`emotion.analytics.files.save_parquet` writes it.
        title: Title of a new entry.

    Raises:
        TimelineError: The timeline cannot be read.
        TooLargeError: The disk is too full or the owner's quota is used up.
        LibraryError: A file cannot be stored, or the database does not respond.
    """
    digest = hashlib.sha256(video.read_bytes()).hexdigest()
    with repository.library.database.reading() as session:
        existing = session.scalar(_finished(repository.owner, digest).limit(1))
    return repository.get(existing or _add(repository, video, digest, timeline, title))


def _finished(owner: str, digest: str) -> Select[str]:
    """Return the query for an owner's finished analyses of a video that is stored."""
    found = select(AnalysisRow.id).where(AnalysisRow.owner == owner, AnalysisRow.source_sha256 == digest)
    return found.where(AnalysisRow.state == State.DONE, AnalysisRow.has_video).order_by(AnalysisRow.created_at)


def _add(repository: Repository, video: Path, digest: str, timeline: Path, title: str) -> str:
    analysis = load_parquet(timeline)
    row = new_row(
        uuid.uuid4().hex, repository.owner, clean_title(video.name), clean_title(title), _settings_of(analysis)
    )
    row.source_sha256, row.has_video = digest, True
    files = {video_key(row.id): video, timeline_key(row.id): timeline}
    same = _finished(repository.owner, digest)
    return add_finished(repository, row, analysis, load_edits(timeline), files, same)


def _settings_of(analysis: Analysis) -> JobSettings:
    saved = {name: value for name, value in analysis.settings.items() if name in _SAVED}
    return JobSettings.from_dict({**saved, "model": analysis.model, "keep_video": True})
