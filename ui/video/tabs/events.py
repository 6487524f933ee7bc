"""Events: edit or import them, exclude spans, and compare before and after."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from emotion.analytics.edits import Event, Span
from emotion.analytics.event_figures import INTERVAL, WINDOW_S, before_after, event_figures
from emotion.charts.events import before_after_chart
from emotion.csv_text import ENCODING
from emotion.errors import InputError
from emotion.report.events_csv import COLUMNS, from_csv, to_csv
from emotion.types import Analysis
from ui.common.charts import show_chart
from ui.common.drafts import with_changes
from ui.common.plain import plain
from ui.common.shares import changes_column, share_column, whole_percent
from ui.common.tables import csv_button
from ui.common.uploads import take_uploads, uploader_key
from ui.video.tabs.page_edits import HasEdits
from ui.video.tabs.people import fingerprint

_BARS = "Each bar is the mean of an expression after the event minus that before it. Right of 0, there is more after."


def edit_events(holder: HasEdits, key: str) -> None:
    """Show the events in an editor, which saves every change.

    Args:
        holder: Holds the edits.
        key: Prefix of the editor's key.
    """
    st.caption(
        "Mark moments and spans. An event without an end is a moment. Excluded spans, such as a technical break, "
        "are left out of all figures."
    )
    editor = f"{key}_editor_{fingerprint(holder.edits.to_dict()['events'])}"
    changed = st.data_editor(
        event_table(holder.edits.events),
        num_rows="dynamic",
        placeholder="",
        hide_index=True,
        key=editor,
        on_change=_save,
        args=(holder, editor),
        column_config={
            "start_s": st.column_config.NumberColumn("From, s", min_value=0, format="%.2f", required=True),
            "end_s": st.column_config.NumberColumn("To, s", min_value=0, format="%.2f"),
            "label": st.column_config.TextColumn("Event", max_chars=200, required=True),
            "excluded": st.column_config.CheckboxColumn("Exclude", default=False),
        },
    )
    try:
        events_of(changed)
    except InputError as error:
        st.error(plain(error), icon=":material/error:")


def _save(holder: HasEdits, editor: str) -> None:
    table = with_changes(event_table(holder.edits.events), st.session_state[editor])
    with contextlib.suppress(InputError):  # shown below the editor, which keeps the changes
        holder.edits = replace(holder.edits, events=events_of(table))


def event_table(events: Sequence[Event]) -> pd.DataFrame:
    """Return the editor's table: a row per event; moments have no end."""
    rows = []
    for event in events:
        end_s = None if event.span.end_s == event.span.start_s else event.span.end_s
        rows.append((event.span.start_s, end_s, event.label, event.excluded))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"start_s": "float64", "end_s": "float64", "label": "object", "excluded": "bool"})


def events_of(table: pd.DataFrame) -> tuple[Event, ...]:
    """Return the events of an editor's table; rows without a time or a label are skipped as unfinished.

    Raises:
        InputError: An event ends before it starts.
    """
    events = []
    for row in table.astype(object).where(table.notna(), None).to_dict("records"):
        label = str(row["label"] or "").strip()
        if row["start_s"] is None or not label:
            continue
        end_s = row["start_s"] if row["end_s"] is None else row["end_s"]
        events.append(Event(label, Span(float(row["start_s"]), float(end_s)), bool(row["excluded"])))
    return tuple(events)


def exchange_events(holder: HasEdits, key: str) -> None:
    """Show the CSV import and export of events."""
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    left.file_uploader(
        "Import events from CSV",
        ["csv"],
        key=uploader_key(f"{key}_csv"),
        on_change=_import,
        args=(holder, key),
        max_upload_size=5,
        help=f"A header with {', '.join(COLUMNS)}; label and start_s are enough.",
    )
    if error := st.session_state.get(f"{key}_csv_error"):
        st.error(plain(error), icon=":material/error:")
    right.download_button(
        "Events as CSV",
        to_csv(holder.edits.events).encode(ENCODING),
        "events.csv",
        "text/csv",
        key=f"{key}_download",
        icon=":material/download:",
        on_click="ignore",
        disabled=not holder.edits.events,
    )


def _import(holder: HasEdits, key: str) -> None:
    st.session_state[f"{key}_csv_error"] = ""
    for upload in take_uploads(f"{key}_csv"):
        try:
            added = from_csv(upload.getvalue().decode("utf-8-sig"))
        except UnicodeDecodeError:
            st.session_state[f"{key}_csv_error"] = "expected a CSV file in UTF-8; got other bytes"
        except InputError as error:
            st.session_state[f"{key}_csv_error"] = str(error)
        else:
            holder.edits = replace(holder.edits, events=(*holder.edits.events, *added))


def show_event_figures(
    analysis: Analysis, smoothed: Analysis, events: Sequence[Event], track: int | None, key: str
) -> None:
    """Show figures per event, and before vs. after for one of them.

    Args:
        analysis: The analysis with its edits applied, not smoothed: smoothing would mix before and after.
        smoothed: The same, smoothed.
        events: All events.
        track: The chosen person; None for everybody.
        key: Prefix of the widgets' keys.
    """
    kept = [event for event in sorted(events, key=lambda event: event.span.start_s) if not event.excluded]
    if not kept:
        st.info("No event yet. Add one to the table above, or press *Mark* in the player.", icon=":material/flag:")
        return
    figures = event_figures(smoothed, kept, track)
    if len(figures):
        st.markdown("**During each span**")
        st.dataframe(whole_percent(figures, "smile_index"), hide_index=True, column_config=_figure_columns())
        csv_button("Figures of events", figures, f"{key}_figures_csv")
    st.markdown("**Before vs. after**")
    choice, length = st.columns(2, gap="medium")
    place = choice.selectbox(
        "Event",
        range(len(kept)),
        format_func=lambda one: f"{kept[one].label} · {kept[one].span.start_s:.1f} s",
        key=f"{key}_event_{len(kept)}",
        persist_state="session",
    )
    window_s = length.slider("Window, s", 1.0, 60.0, WINDOW_S, 0.5, key=f"{key}_window", persist_state="session")
    effects = before_after(analysis, kept[place], window_s, track)
    if effects.empty:
        st.info("No face is seen before or after this event.", icon=":material/no_accounts:")
        return
    has_interval = not effects["low"].isna().all()
    how = [_BARS, f"Lines: {INTERVAL}"] if has_interval else [_BARS]
    show_chart(before_after_chart(effects), f"{key}_effects", "before-after", how=how)
    if not has_interval:
        st.caption("Too little data before or after this event for an interval.")


def _figure_columns() -> dict[str, Any]:
    return {
        "label": "Event",
        "start_s": st.column_config.NumberColumn("From, s", format="%.2f"),
        "end_s": st.column_config.NumberColumn("To, s", format="%.2f"),
        "seconds": st.column_config.NumberColumn("Face time, s", format="%.2f"),
        "dominant": "Dominant",
        "smile_index": share_column("Smile index"),
        "changes_per_minute": changes_column(),
    }
