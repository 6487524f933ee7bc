"""Two people of a video: whether their expressions move together, who leads, and smiling together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from emotion.analytics.edits import Edits, Span
from emotion.analytics.people import person_name
from emotion.charts.pairs import colours_of_pair, lag_chart, tracks_chart
from emotion.errors import InputError
from emotion.studies.measures import default_measure, measures_of
from emotion.studies.measures import measure as measure_named
from emotion.studies.pair_figures import (
    MEANINGS,
    SMILE,
    SMILE_OVER,
    PairFigures,
    figures_of_pair,
    figures_row,
    tracks_table,
)
from emotion.studies.pair_sentences import LEADING_MEANS, SAME_CAUSE, SHIFTS_ASSUME, pair_sentences
from emotion.studies.pair_tracks import MAX_GAP_S, RATE_HZ
from emotion.studies.statistics.synchrony import MAX_LAG_S, WINDOW_S
from emotion.types import Analysis
from ui.common.charts import show_chart
from ui.common.plain import plain, sentence
from ui.common.session_cache import session_cached
from ui.common.tables import csv_button, with_minus
from ui.common.widgets import legend

_TRACKS_HOW = (
    f"Each line is one person's measure, {RATE_HZ:g} values per second, with the person's letter at its end. "
    f"Gaps of up to {MAX_GAP_S:g} s are interpolated, longer ones are left open."
)
_LAGS_HOW = (
    f"Each column is a window of {WINDOW_S:g} s, drawn at its middle. It compares the first person with the second one "
    f"up to {MAX_LAG_S:g} s later (above the dashed line) and earlier (below it).",
    "Violet, full cells: both go up and down alike. Orange, thin cells: one goes up while the other goes down. The "
    "stronger the colour, the larger the correlation. Empty: somebody is not seen or does not change.",
    LEADING_MEANS,
)


def show_pair(analysis: Analysis, edits: Edits, people: tuple[int | None, int | None], key: str) -> None:
    """Show how one measure of two people goes together.

    Args:
        analysis: The analysis with its edits applied, possibly smoothed.
        edits: Its edits, for names and baselines.
        people: Two tracks; None for everybody.
        key: Prefix of the widgets' keys.
    """
    st.markdown("**Do their expressions move together?**")
    first, second = people
    if first is None or second is None or first == second:
        st.info("Choose two different people above.", icon=":material/group:")
        return
    measure, over, baselines = _ask(analysis, edits, (first, second), key)
    version = analysis, first, second, measure, over, baselines
    try:
        with st.spinner("Comparing the two people …"):
            found = session_cached(
                "pair_figures",
                version,
                lambda: figures_of_pair(analysis, (first, second), measure, over=over, baselines=baselines),
            )
    except InputError as error:
        st.info(sentence(error), icon=":material/timer_off:")
        return
    _show(found, (person_name(first, edits.names), person_name(second, edits.names)), key)


def _ask(analysis: Analysis, edits: Edits, people: tuple[int, int], key: str) -> tuple[str, float, Mapping[int, Span]]:
    """Return the chosen measure, the probability over which a face smiles, and the baselines to subtract."""
    names = measures_of(map(str, analysis.timeline.columns))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure, over = ask_measure(names, key)
        relative = set(people) <= set(edits.baselines) and st.toggle(
            "Relative to the baselines",
            key=f"{key}_relative",
            persist_state="session",
            help="Each person's mean at rest is subtracted",
        )
    return measure, over, {one: edits.baselines[one] for one in people} if relative else {}


def ask_measure(names: Sequence[str], key: str) -> tuple[str, float]:
    """Return the chosen measure, and the probability over which a face smiles; the fields stand in one row."""
    measure = st.selectbox(
        "Measure", names, names.index(default_measure(names)), format_func=lambda one: measure_named(one).title,
        key=f"{key}_measure", persist_state="session", width=220,
    )  # fmt: skip
    if SMILE not in names:
        return measure, SMILE_OVER
    over = st.number_input(
        "A smile is happiness over", 0.05, 0.95, SMILE_OVER, 0.05, key=f"{key}_over", persist_state="session", width=180
    )
    return measure, float(over)


def _show(found: PairFigures, names: tuple[str, str], key: str) -> None:
    st.markdown("\n".join(f"- {plain(words)}" for words in pair_sentences(found, names)))
    st.caption(f"{SHIFTS_ASSUME} {SAME_CAUSE} This is about what faces show.")
    title = _title(found)
    legend(colours_of_pair(names))
    show_chart(tracks_chart(found.tracks, names, title), f"{key}_tracks", "two-people", how=[_TRACKS_HOW])
    st.markdown(f"**Correlation in windows of {WINDOW_S:g} s, by lag**")
    show_chart(lag_chart(found.windows, found.tracks, names), f"{key}_lags", "lags", how=_LAGS_HOW)
    row = figures_row(found, names)
    with st.expander("All figures", icon=":material/table_rows:"):
        table = pd.DataFrame({"Figure": list(MEANINGS.values()), "Value": [float(row[name]) for name in MEANINGS]})
        st.dataframe(with_minus(table.round(3), "zg"), hide_index=True, placeholder="–", height="content")
    with st.container(horizontal=True):
        csv_button("Two people", pd.DataFrame([row]), f"{key}_csv")
        csv_button("Both tracks", lambda: tracks_table(found.tracks), f"{key}_tracks_csv")


def _title(found: PairFigures) -> str:
    known = measure_named(found.tracks.measure)
    name = f"{known.title}, from rest" if found.tracks.relative else known.title
    return f"{name} ({known.unit})" if known.unit and not found.tracks.relative else name
