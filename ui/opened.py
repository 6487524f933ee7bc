"""The analysis that is open: out of the library, with its video where this machine has it."""

from __future__ import annotations

from pathlib import Path

from emotion.analytics.edits import Edits
from emotion.library import Entry, Library
from ui.footage import Footage


class Opened:
    """What the views of a result are given.

    Attributes:
        entry: As it was found in the library.
        footage: The video, if it is there.
    """

    def __init__(self, library: Library, entry: Entry, footage: Footage | None) -> None:
        self._library, self.entry, self.footage = library, entry, footage
        self._edits = entry.edits

    @property
    def stem(self) -> str:
        """What downloads are called: the title, which has no ending to lose."""
        return self.entry.title

    @property
    def path(self) -> Path | None:
        """The video's file."""
        return None if self.footage is None else self.footage.path

    @property
    def playable(self) -> Path | None:
        """What a browser can play, once it is there."""
        return None if self.footage is None else self.footage.playable

    @property
    def edits(self) -> Edits:
        """What people added; kept in the library as soon as it changes."""
        return self._edits

    @edits.setter
    def edits(self, edits: Edits) -> None:
        self._library.save_edits(self.entry.id, edits)
        self._edits = edits
