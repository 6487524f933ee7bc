"""Adds the clips of live recordings to the library as videos, even if their server has died.

A server locks the clip that it writes, and the operating system releases the lock when the server ends. So the process
that gets the lock may add the clip, and no other one does.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from emotion.engine.private_files import make_private_folder, open_private
from emotion.errors import EmotionError
from emotion.library.entries import Entry, JobSettings
from emotion.library.library import Library
from emotion.library.mapping import to_entry
from emotion.library.orm import AnalysisRow
from emotion.limits import UNLIMITED
from emotion.settings import library_dir
from emotion.vision.encode import close_live_video

log = logging.getLogger(__name__)


def clip_file(entry_id: str) -> Path:
    """Return the path of a running recording's clip, in an existing folder."""
    folder = library_dir() / "clips"
    make_private_folder(folder)
    return folder / f"{entry_id}.mp4"


def lock_clip(path: Path) -> BinaryIO:
    """Create a clip's file and lock it until the returned file is closed or this process ends.

    Raises:
        BlockingIOError: Another process holds the lock.
    """
    file = open_private(path, "ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        file.close()
        raise
    return file


def hand_over_clip(library: Library, recording_id: str, lock: BinaryIO | None = None) -> Entry | None:
    """Add the clip of an ended recording to the queue, as a video to keep, and delete the local file.

    Args:
        library: The library of the recording.
        recording_id: ID of the recording.
        lock: Lock of :func:`lock_clip`, which is released; None to acquire it here.

    Returns:
        The new analysis; None if the clip is empty or the recording was deleted.

    Raises:
        BlockingIOError: Another process holds the lock.
        LibraryError: There is no room for it; the file is kept.
    """
    path = clip_file(recording_id)
    with lock or lock_clip(path):
        with library.database.reading() as session:
            row = session.get(AnalysisRow, recording_id)
            recording = None if row is None else to_entry(row)
        entry = None if recording is None else _add_clip(library, recording, path)
        path.unlink()
    return entry


def hand_over_left_clips(library: Library) -> None:
    """Add the clips of servers that died; those that fail are kept for the next call."""
    for path in sorted((library_dir() / "clips").glob("*.mp4")):
        try:
            with contextlib.suppress(BlockingIOError):
                hand_over_clip(library, path.stem)
        except (EmotionError, OSError) as error:
            log.warning("the clip of recording %s cannot be handed over: %s", path.stem, error)


def _add_clip(library: Library, recording: Entry, path: Path) -> Entry | None:
    settings = JobSettings(
        model=recording.settings.model,
        detector=recording.settings.detector,
        eyes=recording.settings.eyes,
        movements=recording.settings.movements,
        keep_video=True,
        captured_at=recording.happened_at,
    )
    with tempfile.TemporaryDirectory(prefix="emotion-", dir=path.parent) as folder:
        finished = Path(folder) / "clip.mp4"
        if not close_live_video(path, finished):
            return None
        title = f"{recording.title} (clip)"
        name, repository = f"{recording.title}.mp4", library.for_owner(recording.owner)
        # No limits: it is on this disk already, and a refused clip would be retried forever.
        entry = repository.add(finished, name, settings, title=title, limits=UNLIMITED)
    # Both have the same times, so excluded spans apply to both.
    repository.save_edits(entry.id, replace(entry.edits, events=recording.edits.events), entry.saved_edits)
    return entry
