"""Adds an analysis that was made elsewhere, with its video and edits: nothing is queued."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path

from emotion.analytics.files import load_edits, load_parquet
from emotion.engine.storage import timeline_key, video_key
from emotion.library.entries import Entry, JobSettings, State, clean_title
from emotion.library.ingest import add_finished
from emotion.library.mapping import new_row
from emotion.library.repository import Repository
from emotion.types import Analysis


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
    matches = repository.search(video.name, states=[State.DONE]).entries
    existing = next((entry for entry in matches if entry.source_sha256 == digest and entry.has_video), None)
    return existing or _add(repository, video, digest, timeline, title)


def _add(repository: Repository, video: Path, digest: str, timeline: Path, title: str) -> Entry:
    analysis = load_parquet(timeline)
    row = new_row(
        uuid.uuid4().hex, repository.owner, clean_title(video.name), clean_title(title), _settings_of(analysis)
    )
    row.source_sha256, row.has_video = digest, True
    files = {video_key(row.id): video, timeline_key(row.id): timeline}
    entry_id = row.id
    add_finished(repository, row, analysis, load_edits(timeline), files)
    return repository.get(entry_id)


def _settings_of(analysis: Analysis) -> JobSettings:
    settings = analysis.settings
    return JobSettings(
        model=analysis.model,
        detector=str(settings["detector"]),
        eyes=bool(settings.get("eyes", False)),
        keep_video=True,
    )
