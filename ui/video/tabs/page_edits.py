"""Saves edits from callbacks of fields, which run before the page's script."""

from __future__ import annotations

from typing import Protocol

import streamlit as st

from emotion.analytics.edits import Edits
from ui.common.errors import run_action, show_failure


class HasEdits(Protocol):
    """Holds the edits of the analysis that is shown."""

    edits: Edits

    @property
    def generation(self) -> int:
        """How often another page's changes were taken over; part of the keys of fields that show edits."""


class PageEdits:
    """The edits of the open analysis, saved from callbacks.

    A click on another tab or page ends the typing in a field. The script then runs without the tab of the field, so
    only a callback sees the new value.

    Args:
        holder: Holds the edits.
        key: Prefix of the session's keys.
    """

    def __init__(self, holder: HasEdits, key: str) -> None:
        self._holder = holder
        self._changed, self._failure = f"{key}_edits_changed", f"{key}_edits_failure"

    @property
    def edits(self) -> Edits:
        """The current edits; changes are saved at once."""
        return self._holder.edits

    @edits.setter
    def edits(self, edits: Edits) -> None:
        if edits != self._holder.edits:
            run_action(self._failure, lambda: setattr(self._holder, "edits", edits))
            self.request_rerun()

    @property
    def generation(self) -> int:
        """See :class:`HasEdits`."""
        return self._holder.generation

    def request_rerun(self) -> None:
        """Make the whole page run again, because the player and the sentences show edits, too."""
        st.session_state[self._changed] = True

    def rerun_if_changed(self) -> None:
        """Run the whole page if a callback changed something since the last run; show why a save failed."""
        if st.session_state.pop(self._changed, False):
            st.rerun()
        show_failure(self._failure)
