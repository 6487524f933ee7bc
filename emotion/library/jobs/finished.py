"""Adds an analysis that was made elsewhere, with its video and edits: nothing is queued."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from dataclasses import asdict
from pathlib import Path

from emotion.analytics.files import load_edits, load_parquet
from emotion.engine.storage import no_room, timeline_key, video_key
from emotion.errors import LibraryError
from emotion.library.entries import Entry, JobSettings, State, clean_title
from emotion.library.mapping import expiry, new_row, now, retention_days_of, words_of
from emotion.library.orm import AnalysisRow
from emotion.library.repository import Repository
from emotion.library.summary import list_figures
from emotion.library.upload_limits import UploadLimits
from emotion.limits import limits
from emotion.types import Analysis


def open_finished(repository: Repository, video: Path, timeline: Path, title: str) -> Entry:
    """Return the analysis of a video from the library, added if the library does not have it yet.

    Args:
        repository: Where it goes.
        video: The analysed video.
        timeline: Its analysis with names and events, as :func:`emotion.analytics.files.save_parquet` writes it.
        title: Title of a new entry.

    Raises:
        TimelineError: The timeline cannot be read.
        TooLargeError: The disk is too full or the owner's quota is used up.
        LibraryError: A file cannot be stored, or the database does not respond.
    """
    digest = hashlib.sha256(video.read_bytes()).hexdigest()
    known = repository.search(video.name, states=[State.DONE]).entries
    there = next((entry for entry in known if entry.source_sha256 == digest and entry.has_video), None)
    return there or _add(repository, video, digest, timeline, title)


def _add(repository: Repository, video: Path, digest: str, timeline: Path, title: str) -> Entry:
    library, analysis, edits = repository.library, load_parquet(timeline), load_edits(timeline)
    size = video.stat().st_size + timeline.stat().st_size
    UploadLimits(repository, video.name, limits()).check_room(size)
    row = _row(repository, video.name, title, analysis)
    entry_id = row.id
    row.source_sha256, row.edits, row.bytes = digest, edits.to_dict(), size
    row.summary, row.words = list_figures(analysis, edits), words_of(row)
    try:
        for source, key in ((video, video_key(entry_id)), (timeline, timeline_key(entry_id))):
            with source.open("rb") as file, library.storage.writing(key) as target:
                shutil.copyfileobj(file, target)
        # The row comes last: nobody sees an analysis without its files.
        with library.database.writing() as session:
            row.kept_until = expiry(row, retention_days_of(session, repository.owner))
            session.add(row)
    except OSError as error:
        library.storage.remove(entry_id)
        raise LibraryError(no_room(error) or f"{video.name} cannot be stored: {error.strerror or error}") from error
    except LibraryError:
        library.storage.remove(entry_id)
        raise
    return repository.get(entry_id)


def _row(repository: Repository, source: str, title: str, analysis: Analysis) -> AnalysisRow:
    """Return the row of a finished analysis, without a start: it says nothing about this machine's speed."""
    settings = analysis.settings
    asked = JobSettings(
        model=analysis.model,
        detector=str(settings["detector"]),
        eyes=bool(settings.get("eyes", False)),
        keep_video=True,
    )
    row = new_row(uuid.uuid4().hex, repository.owner, clean_title(source), clean_title(title), asked)
    row.state, row.note, row.finished_at, row.has_video = State.DONE, analysis.note, now(), True
    row.info, row.duration_s = asdict(analysis.info), analysis.info.duration_s
    row.done = row.total = len(analysis.frames)
    return row
