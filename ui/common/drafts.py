"""Editors that keep unsaved changes while another tab or page is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st


def draft_editor(table: pd.DataFrame, key: str, **options: Any) -> pd.DataFrame:
    """Show a table in an editor with the unsaved changes from when it was last shown, and return the changed table.

    Streamlit itself forgets the changes of an editor that a run does not show.

    Args:
        table: The saved table.
        key: Key of the editor; a new one for each saved version, which ends the draft.
        options: Options of ``st.data_editor``.
    """
    start, draft = f"{key}_start", f"{key}_draft"
    if key not in st.session_state:
        st.session_state[start] = st.session_state.get(draft, table)

    def keep() -> None:
        st.session_state[draft] = with_changes(st.session_state[start], st.session_state[key])

    return st.data_editor(st.session_state.get(start, table), key=key, on_change=keep, **options)


def is_draft(key: str) -> bool:
    """Return whether an editor has changes since the saved version."""
    return f"{key}_draft" in st.session_state


def with_changes(table: pd.DataFrame, changes: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table with the changes of its editor: callbacks get only these, not the changed table.

    Args:
        table: The table before the changes.
        changes: The editor's value in the session: ``edited_rows``, ``deleted_rows`` and ``added_rows``.
    """
    rows = table.to_dict("records")
    for place, cells in changes["edited_rows"].items():
        rows[int(place)] |= cells
    kept = [row for place, row in enumerate(rows) if place not in changes["deleted_rows"]]
    changed = pd.DataFrame([*kept, *changes["added_rows"]], columns=table.columns, dtype=object)
    return changed.astype(dict.fromkeys(table.select_dtypes("float").columns, "float64"))
