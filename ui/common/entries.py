"""A table of analyses, for every page that lists some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from emotion.dates import MOMENT_FORMAT
from emotion.library import Entry, Repository, State
from emotion.models.offered import plain_name
from ui.common.previews import preview_of
from ui.common.shares import share_column, whole_percent
from ui.common.web_modules import component, keep_value
from ui.common.widgets import duration_text, size_text

STATE_NAMES = {
    State.QUEUED: "queued",
    State.RUNNING: "running",
    State.DONE: "done",
    State.CANCELLED: "stopped",
    State.FAILED: "failed",
    State.INTERRUPTED: "interrupted",
}

_ROW_PX, _MOST_ROWS = 48, 12
_KEYBOARD = "keyboard"

_mount = component("last_input", __file__, "last_input")

WHICH_DAY = "When it was recorded, if the file says so; otherwise when it was added"


@dataclass(frozen=True, slots=True)
class Picked:
    """What a visitor did in a table of analyses.

    Attributes:
        opened: The analysis whose row was clicked in this run; None if none was.
        chosen: The analyses with a ticked checkbox; if none is ticked, the one whose row the keyboard selected.
    """

    opened: Entry | None
    chosen: list[Entry]


def show_entries(
    library: Repository,
    entries: Sequence[Entry],
    key: str,
    *,
    choose: bool = False,
    columns: Sequence[str] = (),
    title_px: int = 170,
) -> Picked:
    """Show analyses as a table in which a click on a row opens it.

    Args:
        library: The library with the analyses.
        entries: The analyses.
        key: Key of the table.
        choose: Whether rows also have checkboxes, to choose several.
        columns: The columns to show, for a narrow place; all if empty.
        title_px: Width of the column of titles.
    """
    # The key depends on the entries, so that a selection never moves to other rows.
    place = f"{key}_{hash(tuple(entry.id for entry in entries))}"
    with st.spinner("Loading previews …"):
        rows = [{"preview": preview_of(library, entry), **_row(entry)} for entry in entries]
    picked = st.dataframe(
        whole_percent(pd.DataFrame(rows), "smile"),
        hide_index=True, column_config=entry_columns(title_px), column_order=columns or None,
        placeholder="–", row_height=_ROW_PX, key=place,
        height="content" if len(entries) <= _MOST_ROWS else _ROW_PX * _MOST_ROWS,
        on_select="rerun", selection_mode=["multi-row", "single-cell"] if choose else "single-cell",
    )  # fmt: skip
    cells, seen = picked.selection.cells, st.session_state.get(f"{place}_cell")
    st.session_state[f"{place}_cell"] = cells
    chosen = [entries[row] for row in (picked.selection.rows if choose else ())]
    at = entries[cells[0][0]] if cells else None
    if _last_input(key) == _KEYBOARD:
        return Picked(None, chosen or ([] if at is None else [at]))
    return Picked(at if cells != seen else None, chosen)


def _last_input(table: str) -> str | None:
    """Return ``"pointer"`` or ``"keyboard"``: moving through a table by keyboard selects cells, which must not open."""
    key = f"{table}_input"
    told = st.session_state.get(key, {}).get("input")
    found: str | None = _mount(key=key, data={"table": table, "told": told}, on_input_change=keep_value).input
    return found


def _row(entry: Entry) -> dict[str, object]:
    summary = entry.summary or {}
    return {
        "title": entry.title,
        "recorded": entry.happened_at,
        "length": None if entry.info is None else duration_text(entry.info.duration_s),
        "people": summary.get("people"),
        "dominant": summary.get("dominant"),
        "smile": summary.get("smile_index"),
        "state": state_text(entry),
        "tags": list(entry.tags),
        "model": plain_name(entry.settings.model),
        "size": size_text(entry.bytes),
        "video": entry.has_video,
    }


def is_fully_analysed(entry: Entry) -> bool:
    """Return whether the video was analysed to its end, as far as is known."""
    return bool((entry.summary or {}).get("complete", True))


def state_text(entry: Entry) -> str:
    """Return the state of an analysis; if it is incomplete, also how much of the video was analysed."""
    if is_fully_analysed(entry):
        return STATE_NAMES[entry.state]
    summary = entry.summary or {}
    what = "damaged" if entry.state is State.DONE else STATE_NAMES[entry.state]
    read, whole = (duration_text(float(summary.get(name) or 0.0)) for name in ("analysed_s", "duration_s"))
    return f"{what}: {read} of {whole} analysed"


def entry_columns(title_px: int) -> dict[str, Any]:
    """Return the settings of the columns; the title's width is given, px."""
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    # All but the last three fit a window of 1280 px.
    return {
        "preview": st.column_config.ImageColumn("", width=84, pinned=True),
        "title": text("Title", pinned=True, width=title_px),
        "recorded": st.column_config.DatetimeColumn(
            "Recorded or added", width=205, format=MOMENT_FORMAT, help=WHICH_DAY
        ),
        "length": text("Length", width=70),
        "people": number("People", width=65, format="%d"),
        "dominant": text("Dominant", width=95, help="The expression that leads for the longest time"),
        "smile": share_column("Smile index", width=110),
        "state": text("State", width=90),
        "tags": st.column_config.ListColumn("Tags", width=110),
        "model": text("Model", width=130),
        "size": text("Storage", width=80),
        "video": st.column_config.CheckboxColumn(
            "Video kept", width=90, help="Whether the video is kept in the library"
        ),
    }
