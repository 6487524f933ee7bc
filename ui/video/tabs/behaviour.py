"""Eyes and movements: charts of eyes, gaze, head and face, and a drawn face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from emotion.analytics.behaviour.face_means import mean_movements
from emotion.analytics.behaviour.signals import (
    EYES,
    GAZE,
    HEAD,
    Signal,
    envelope,
    has_eyes,
    has_movements,
    marks,
    signal_table,
    signals_of,
)
from emotion.analytics.behaviour.span_figures import Behaviour, behaviour_of
from emotion.analytics.edits import Edits, Event
from emotion.analytics.heat import span_edges
from emotion.analytics.people import person_name
from emotion.charts.behaviour import LINE_COLOURS, signal_chart
from emotion.drawing.face_map import HOW_TO_READ, NOTABLE, face_map
from emotion.types import Analysis
from emotion.vision.movement_codebook import MOVEMENTS
from ui.common.charts import how_to_read, show_chart
from ui.common.face_map import show_face_map
from ui.common.plain import plain
from ui.common.tables import csv_button
from ui.common.widgets import legend
from ui.video.tabs.behaviour_figures import behaviour_cached, show_figures

MAX_MOVEMENTS = 3
"""Movements shown at once."""
_BINS = 400
_FIRST_MOVEMENTS = ("lip_corner_up", "jaw_drop")
_WHOLE = "All of the video"
_MISSING = (
    "This analysis has no eyes and no movements: it was made before they were measured, or they were switched off. "
    "Analyse the video again to get them."
)
_FACE_HOW = (
    f"{HOW_TO_READ} Means below {NOTABLE} have no spot. At rest: the person's baseline (tab Baseline), otherwise the "
    "median of their neutral frames. Turning the head by 10° changes measures by up to 0.01."
)


def show_behaviour(analysis: Analysis, edits: Edits, track: int | None, key: str) -> None:
    """Show one person's charts and movements, and everybody's figures.

    Args:
        analysis: The analysis with its edits applied, not smoothed: smoothing would hide blinks.
        edits: Its edits, for names, baselines and events.
        track: The chosen person; None for the one seen longest, of those whose face at rest is known if there are any.
        key: Prefix of the widgets' keys.
    """
    timeline = analysis.timeline
    if not has_eyes(timeline) and not has_movements(timeline):
        st.info(_MISSING, icon=":material/visibility_off:")
        return
    behaviour = behaviour_cached("behaviour", analysis, edits, lambda: behaviour_of(analysis, edits.baselines))
    person = _first_person(timeline, behaviour) if track is None else track
    if track is None and timeline["track_id"].nunique() > 1:
        st.caption(f"Charts show {plain(person_name(person, edits.names))}. Choose a person above to see another.")
    _show_charts(analysis, edits, person, key)
    if has_movements(timeline):
        _show_face(analysis, behaviour, edits, person, key)
    show_figures(analysis, behaviour, edits, key)


def _first_person(timeline: pd.DataFrame, behaviour: Behaviour) -> int:
    seen = timeline["track_id"].value_counts()
    known = behaviour.people.index[behaviour.people["rest"] != "unknown"]
    return int((seen[seen.index.isin(known)] if len(known) else seen).index[0])


def _show_charts(analysis: Analysis, edits: Edits, person: int, key: str) -> None:
    rows = analysis.timeline[analysis.timeline["track_id"] == person]
    table, found = behaviour_cached(
        "signals", analysis, edits, lambda: (signal_table(rows, edits.baselines), marks(rows, analysis.frames)), person
    )
    edges = span_edges(analysis.frames, _BINS)
    signals = {signal.key: signal for signal in signals_of(table)}
    moves = [name for name in signals if name not in {EYES, GAZE, HEAD}]
    for name in (EYES, GAZE, HEAD):
        if name in signals:
            _show_signal(signals[name], table, found, edges, f"{key}_{person}")
    if not moves:
        return
    st.markdown("**Facial movements**")
    chosen = st.multiselect(
        "Movements", moves, [name for name in _FIRST_MOVEMENTS if name in moves],
        format_func=lambda name: signals[name].title, max_selections=MAX_MOVEMENTS, key=f"{key}_moves",
        persist_state="session", help=f"Up to {MAX_MOVEMENTS} at once",
    )  # fmt: skip
    for name in chosen:
        _show_signal(signals[name], table, found, edges, f"{key}_{person}")


def _show_signal(
    signal: Signal, table: pd.DataFrame, found: pd.DataFrame, edges: NDArray[np.float64], key: str
) -> None:
    spans = envelope(table, signal, edges)
    happened = found[found["signal"] == signal.key]
    st.markdown(f"**{plain(signal.title)}**")
    if spans.empty:
        st.caption("Not measured for this person.")
        return
    if len(signal.lines) > 1:
        legend(dict(zip(signal.lines, LINE_COLOURS, strict=False)))
    chart = signal_chart(
        spans,
        happened,
        title=signal.title,
        lines=list(signal.lines),
        unit=_axis_title(signal),
        domain=(signal.low, signal.high),
        time_domain=(float(edges[0]), float(edges[-1])),
        limit=signal.limit,
    )
    show_chart(chart, f"{key}_{signal.key}", signal.key, how=[plain(signal.meaning)])
    st.caption(plain(_in_words(signal, spans, happened)))


def _axis_title(signal: Signal) -> str:
    short = {EYES: "Openness", GAZE: "From camera, °", HEAD: "Angle, °"}
    return short.get(signal.key, "Eye distances")


def _in_words(signal: Signal, spans: pd.DataFrame, happened: pd.DataFrame) -> str:
    """Return a chart's content as text."""
    digits = {EYES: 2, GAZE: 0, HEAD: 0}.get(signal.key, 3)
    unit = "°" if signal.key in {GAZE, HEAD} else ""
    parts = [
        f"{line}: mean {_rounded(part['mean'].mean(), digits)}{unit}, "
        f"{_rounded(part['low'].min(), digits)} to {_rounded(part['high'].max(), digits)}{unit}"
        for line, part in spans.groupby("line", sort=False)
    ]
    counts = happened["kind"].value_counts()
    parts += [f"{kind}: {count}" for kind, count in counts.items()]
    return " · ".join(parts)


def _rounded(value: float, digits: int) -> str:
    """Return a rounded value as text, with a proper minus sign and never “−0”."""
    return f"{value:z.{digits}f}".replace("-", "−")


def _show_face(analysis: Analysis, behaviour: Behaviour, edits: Edits, person: int, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Movements on the face**", width="stretch")
        how_to_read(plain(_FACE_HOW))
    events = [event for event in sorted(edits.events, key=lambda one: one.span.start_s) if not event.excluded]
    event = _choose_event(events, key)
    span = None if event is None else event.span
    means = behaviour_cached("means", analysis, edits, lambda: mean_movements(behaviour, span), span)
    of_person = means.get(person)
    if not of_person:
        st.info(
            "No movements here: the person is not seen, or their face at rest is not known. Set a baseline in the tab "
            "*Baseline*.",
            icon=":material/face:",
        )
        return
    title = f"{person_name(person, edits.names)}, {_WHOLE.lower() if event is None else event.label}"
    face, table = st.columns([2, 3], gap="medium", vertical_alignment="center")
    svg, shown = face_map(of_person, f"Mean movements of {title}"), movement_rows(of_person)
    with face:
        show_face_map(svg, f"{key}_face")
    with table:
        st.dataframe(shown, hide_index=True, column_config=_movement_columns(), height="content", placeholder="–")
        with st.container(horizontal=True):
            csv_button("Mean movements", shown, f"{key}_means_csv")
            st.download_button(
                "Face as SVG", svg, "movements.svg", "image/svg+xml", key=f"{key}_svg", icon=":material/download:",
                on_click="ignore",
            )  # fmt: skip


def _choose_event(events: list[Event], key: str) -> Event | None:
    """Let the visitor choose an event; None for all of the video."""
    if not events:
        return None
    place = st.selectbox(
        "When",
        range(-1, len(events)),
        format_func=lambda one: _WHOLE if one < 0 else f"{events[one].label} · {events[one].span.start_s:.1f} s",
        key=f"{key}_when_{len(events)}",
        persist_state="session",
        help="A moment counts from one second before it to one second after it",
    )
    return None if place < 0 else events[place]


def movement_rows(means: Mapping[str, float]) -> pd.DataFrame:
    """Return a row per movement: name, mean, left, right and the FACS unit that it resembles."""
    return pd.DataFrame(
        {
            "movement": [movement.title for movement in MOVEMENTS],
            "mean": [means.get(movement.name, np.nan) for movement in MOVEMENTS],
            "left": [means.get(f"{movement.name}_left", np.nan) for movement in MOVEMENTS],
            "right": [means.get(f"{movement.name}_right", np.nan) for movement in MOVEMENTS],
            "resembles": [movement.resembles for movement in MOVEMENTS],
        }
    )


def _movement_columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "movement": "Movement",
        "mean": number("Mean", format="%.3f", width=70, help="Eye distances; both sides together"),
        "left": number("Left", format="%.3f", width=70, help="The person's own left"),
        "right": number("Right", format="%.3f", width=70, help="The person's own right"),
        "resembles": st.column_config.TextColumn("FACS", width=80, help="The unit that it resembles; a reading aid"),
    }
