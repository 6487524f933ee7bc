"""How much room the library takes, and for how long analyses are kept."""

from __future__ import annotations

import streamlit as st

from emotion.errors import LibraryError
from emotion.library import Repository
from ui.common.widgets import plain, size_text

PERIODS = {None: "for ever", 7: "7 days", 30: "30 days", 90: "90 days", 365: "a year"}


def show_room(library: Repository) -> None:
    """Show the storage used, and let the retention be changed."""
    used, kept = st.columns([1, 2], vertical_alignment="bottom", gap="large")
    used.metric("Storage used", size_text(library.used_bytes()), help="Timelines, and the videos that were kept")
    with kept:
        _choose_retention(library)


def _choose_retention(library: Repository) -> None:
    present = library.retention_days()
    choices = PERIODS if present in PERIODS else PERIODS | {present: f"{present} days"}
    wanted = st.selectbox(
        "Keep analyses", list(choices), list(choices).index(present), format_func=choices.__getitem__, width=220,
        help="Counted from the end of each analysis. Older ones are then deleted, video, timeline and all.",
        key="library_retention",
    )  # fmt: skip
    if wanted == present:
        return
    st.warning(
        "This holds for the analyses that are there as well: older ones are deleted within the hour."
        if wanted else "Nothing will be deleted by itself any more.",
        icon=":material/auto_delete:",
    )  # fmt: skip
    if st.button("Confirm", type="primary"):
        try:
            library.set_retention_days(wanted)
        except LibraryError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        st.rerun()
