"""Analyses as rows of a table, for every page that lists some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from emotion.dates import MOMENT_FORMAT
from emotion.library import Entry, State
from ui.common.shares import share_column, whole_percent
from ui.common.widgets import duration_text, size_text

STATE_NAMES = {
    State.QUEUED: "waits",
    State.RUNNING: "running",
    State.DONE: "done",
    State.CANCELLED: "stopped",
    State.FAILED: "failed",
    State.INTERRUPTED: "broke off",
}

WHICH_DAY = "When the video was recorded, where its file says so; else when it was added"


def show_entries(entries: Sequence[Entry], key: str, mode: Literal["multi-row", "single-row"]) -> list[Entry]:
    """Show analyses as rows, and return those that are chosen.

    Args:
        entries: What to show.
        key: Of the table.
        mode: Whether several can be chosen.
    """
    picked = st.dataframe(
        whole_percent(pd.DataFrame([_row(entry) for entry in entries]), "smile"),
        hide_index=True, column_config=_columns(), on_select="rerun", selection_mode=mode, placeholder="–",
        # The key follows what is listed: a choice must not slip to other rows.
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
        "model": entry.settings.model,
        "size": size_text(entry.bytes),
        "video": entry.has_video,
    }


def state_text(entry: Entry) -> str:
    """Return how an analysis stands; of one that is not complete, how much of the video was read."""
    summary = entry.summary or {}
    if summary.get("complete", True):
        return STATE_NAMES[entry.state]
    what = "damaged" if entry.state is State.DONE else STATE_NAMES[entry.state]
    read, whole = (duration_text(float(summary.get(name) or 0.0)) for name in ("analysed_s", "duration_s"))
    return f"{what}: {read} of {whole} read"


def _columns() -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "title": text("Title", pinned=True, width="medium"),
        "recorded": st.column_config.DatetimeColumn("Recorded or added", format=MOMENT_FORMAT, help=WHICH_DAY),
        "state": text("State"),
        "length": text("Length"),
        "people": number("People", format="%d"),
        "dominant": text("Dominant", help="The expression that leads for most of the faces' time"),
        "smile": share_column("Smile index"),
        "tags": st.column_config.ListColumn("Tags"),
        "model": text("Model"),
        "size": text("Storage"),
        "video": st.column_config.CheckboxColumn("Video kept", help="Whether the video itself is kept as well"),
    }
