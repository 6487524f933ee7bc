"""The parts of a session of ``emotion live``, in a folder beside its file until that file is written.

If the process is killed or the disk is full, the folder stays, and ``emotion export`` writes the file from it.
"""

from __future__ import annotations

import json
from pathlib import Path

from emotion.analytics.edits import Edits
from emotion.engine.checkpoint import Checkpoint
from emotion.engine.storage import Storage
from emotion.errors import InputError
from emotion.types import Analysis

SUFFIX = ".parts"
"""Suffix of the folder, added to the file's name."""
EDITS = "edits.json"
"""File of the events in the folder, as :meth:`emotion.analytics.edits.Edits.to_dict` returns them."""
_PARTS = "parts"


class SessionParts:
    """The parts of one session.

    Args:
        folder: Their folder; made if there is none.

    Attributes:
        timeline: The frames.

    Raises:
        LibraryError: The folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._storage = Storage(folder)
        self.timeline = Checkpoint(self._storage, _PARTS)

    def __bool__(self) -> bool:
        """Whether anything is saved."""
        return bool(self._storage.files())

    def save_edits(self, edits: Edits) -> None:
        """Write the events so far.

        Raises:
            OSError: They cannot be written. The earlier ones remain.
        """
        with self._storage.writing(EDITS) as file:
            file.write(json.dumps(edits.to_dict()).encode())


def load_interrupted(folder: Path) -> Analysis:
    """Return what an interrupted session of ``emotion live``, or an interrupted ``emotion video``, left in its folder.

    Raises:
        InputError: The folder has no such parts.
        TimelineError: A part is damaged.
    """
    if (folder / _PARTS).is_dir():
        timeline = SessionParts(folder).timeline
    elif folder.suffix == SUFFIX:
        timeline = Checkpoint(Storage(folder.parent), folder.name)
    else:
        raise InputError(
            f"expected a timeline, or the folder {SUFFIX} of an interrupted command; got the folder {folder.name}"
        )
    until_s = timeline.until_s()
    if until_s is None:
        raise InputError(
            f"expected frames in {folder.name}; there are none, as the command ended before the first was written"
        )
    return timeline.load(f"The analysis was interrupted; everything up to {until_s:.1f} s of it is kept.")
