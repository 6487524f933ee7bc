"""Clips that a live recording left: handed to the library as ordinary videos, also after their server died.

While a clip is written its server holds a lock on it, which the operating system takes back when the server ends, in
whatever way. So whoever gets the lock may hand the clip over, and nobody else does.
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
    """Return where the pictures of a recording are while it runs; the folder exists."""
    folder = library_dir() / "clips"
    make_private_folder(folder)
    return folder / f"{entry_id}.mp4"


def lock_clip(path: Path) -> BinaryIO:
    """Make a clip's file and lock it until what is returned is closed, or this process ends.

    Raises:
        BlockingIOError: Somebody writes it, or hands it over.
    """
    file = open_private(path, "ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        file.close()
        raise
    return file


def hand_over_clip(library: Library, recording_id: str, lock: BinaryIO | None = None) -> Entry | None:
    """Put the clip of a recording that is over into the queue, as a video that is kept, and remove it here.

    Args:
        library: Where the recording is.
        recording_id: Which.
        lock: From :func:`lock_clip`, which is given back; None to get it here.

    Returns:
        Its analysis; None if there is no picture, or the recording was deleted.

    Raises:
        BlockingIOError: It is still being written, or somebody else hands it over.
        LibraryError: There is no room for it; it stays where it is.
    """
    path = clip_file(recording_id)
    with lock or lock_clip(path):
        with library.database.reading() as session:
            row = session.get(AnalysisRow, recording_id)
            recording = None if row is None else to_entry(row)
        entry = None if recording is None else _taken_in(library, recording, path)
        path.unlink()
    return entry


def hand_over_left_clips(library: Library) -> None:
    """Hand over what servers left that died while they recorded; what cannot be handed over stays for the next time."""
    for path in sorted((library_dir() / "clips").glob("*.mp4")):
        try:
            with contextlib.suppress(BlockingIOError):
                hand_over_clip(library, path.stem)
        except (EmotionError, OSError) as error:
            log.warning("the clip of recording %s cannot be handed over: %s", path.stem, error)


def _taken_in(library: Library, recording: Entry, path: Path) -> Entry | None:
    settings = JobSettings(
        model=recording.settings.model,
        detector=recording.settings.detector,
        keep_video=True,
        captured_at=recording.happened_at,
    )
    with tempfile.TemporaryDirectory(prefix="emotion-", dir=path.parent) as folder:
        whole = Path(folder) / "clip.mp4"
        if not close_live_video(path, whole):
            return None
        title = f"{recording.title} (clip)"
        name, repository = f"{recording.title}.mp4", library.for_owner(recording.owner)
        # It is on this disk already, and where it was refused it would be tried again for ever.
        entry = repository.add(whole, name, settings, title=title, limits=UNLIMITED)
    # Both have the same times, so what was left out of the one is left out of the other.
    repository.save_edits(entry.id, replace(entry.edits, events=recording.edits.events), entry.saved_edits)
    return entry
