"""Storage used by the library, and retention of analyses."""

from __future__ import annotations

import streamlit as st

from emotion.errors import LibraryError
from emotion.library import Repository
from ui.common.plain import plain
from ui.common.widgets import size_text

# 0 rather than None, for which Streamlit shows a button that clears the box.
PERIODS = {0: "forever", 7: "7 days", 30: "30 days", 90: "90 days", 365: "a year"}


def show_storage(library: Repository) -> None:
    """Show the storage used and the retention setting."""
    used, retention = st.columns([1, 2], vertical_alignment="bottom", gap="large")
    used.metric("Storage used", size_text(library.used_bytes()), help="Timelines and saved videos")
    with retention:
        _choose_retention(library)


def _choose_retention(library: Repository) -> None:
    current = library.retention_days() or 0
    choices = PERIODS if current in PERIODS else PERIODS | {current: f"{current} days"}
    days = st.selectbox(
        "Keep analyses", list(choices), list(choices).index(current), format_func=choices.__getitem__, width=220,
        help="Counted from the end of each analysis. Older analyses are deleted completely.",
        key="library_retention",
    )  # fmt: skip
    if days == current:
        return
    st.warning(
        "This also applies to existing analyses: older ones are deleted within an hour."
        if days else "Nothing will be deleted automatically.",
        icon=":material/auto_delete:",
    )  # fmt: skip
    if st.button("Confirm", type="primary"):
        try:
            library.set_retention_days(days or None)
        except LibraryError as error:
            st.error(plain(error), icon=":material/error:")
            return
        st.rerun()
