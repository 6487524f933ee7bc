"""A table of analyses, for every page that lists some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from emotion.dates import MOMENT_FORMAT
from emotion.library import Entry, State
from emotion.models.offered import plain_name
from ui.common.shares import share_column, whole_percent
from ui.common.widgets import duration_text, size_text

STATE_NAMES = {
    State.QUEUED: "queued",
    State.RUNNING: "running",
    State.DONE: "done",
    State.CANCELLED: "stopped",
    State.FAILED: "failed",
    State.INTERRUPTED: "interrupted",
}

WHICH_DAY = "When it was recorded, if the file says so; otherwise when it was added"


def show_entries(entries: Sequence[Entry], key: str, mode: Literal["multi-row", "single-row"]) -> list[Entry]:
    """Show analyses as a table, and return the selected ones.

    Args:
        entries: The analyses.
        key: Key of the table.
        mode: Whether several rows can be selected.
    """
    picked = st.dataframe(
        whole_percent(pd.DataFrame([_row(entry) for entry in entries]), "smile"),
        hide_index=True, column_config=_columns(), on_select="rerun", selection_mode=mode, placeholder="–",
        # The key depends on the entries, so a selection never moves to other rows.
        key=f"{key}_{hash(tuple(entry.id for entry in entries))}",
    )  # fmt: skip
    return [entries[row] for row in picked.selection.rows]


def _row(entry: Entry) -> dict[str, object]:
    summary = entry.summary or {}
    return {
        "title": entry.title,
        "recorded": entry.happened_at,
        "state": state_text(entry),
        "length": None if entry.info is None else duration_text(entry.info.duration_s),
        "people": summary.get("people"),
        "dominant": summary.get("dominant"),
        "smile": summary.get("smile_index"),
        "tags": list(entry.tags),
        "model": plain_name(entry.settings.model),
        "size": size_text(entry.bytes),
        "video": entry.has_video,
    }


def is_whole(entry: Entry) -> bool:
    """Return whether the video was analysed to its end, as far as is known."""
    return bool((entry.summary or {}).get("complete", True))


def state_text(entry: Entry) -> str:
    """Return the state of an analysis; if it is incomplete, also how much of the video was analysed."""
    if is_whole(entry):
        return STATE_NAMES[entry.state]
    summary = entry.summary or {}
    what = "damaged" if entry.state is State.DONE else STATE_NAMES[entry.state]
    read, whole = (duration_text(float(summary.get(name) or 0.0)) for name in ("analysed_s", "duration_s"))
    return f"{what}: {read} of {whole} analysed"


def _columns() -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "title": text("Title", pinned=True, width="medium"),
        "recorded": st.column_config.DatetimeColumn("Recorded or added", format=MOMENT_FORMAT, help=WHICH_DAY),
        "state": text("State"),
        "length": text("Length"),
        "people": number("People", format="%d"),
        "dominant": text("Dominant", help="The expression that leads for the longest time"),
        "smile": share_column("Smile index"),
        "tags": st.column_config.ListColumn("Tags"),
        "model": text("Model"),
        "size": text("Storage"),
        "video": st.column_config.CheckboxColumn("Video kept", help="Whether the video is kept in the library"),
    }
