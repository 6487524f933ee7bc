"""Results of a study: the table of means, curves over stimulus time, contrasts, and files."""

from __future__ import annotations

import io
import tempfile
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from emotion.charts.studies import MAX_CURVES, colours_of, curve_chart, people_chart
from emotion.report.file_names import file_name
from emotion.studies.formats.codebook import codebook
from emotion.studies.formats.folder import FILES, write_results
from emotion.studies.formats.sav import write_sav
from emotion.studies.measures import default_measure
from emotion.studies.measures import measure as measure_named
from emotion.studies.results import StudyResults
from emotion.studies.statistics.curves import mean_curve, share_curve
from emotion.studies.statistics.resampling import MIN_PEOPLE, RESAMPLES
from emotion.studies.study import Study
from ui.common.charts import show_chart
from ui.common.plain import plain
from ui.common.shares import whole_percent
from ui.common.tables import csv_button, with_minus
from ui.common.widgets import legend
from ui.studies.session import cached

_NO_BAND = f"No band with fewer than {MIN_PEOPLE} people."


def show_means(results: StudyResults) -> None:
    """Show every participant's mean of one measure, and the mean across people."""
    name = _ask_measure(results, "means")
    means, title = results.means, _title(name)
    show_chart(people_chart(means, name, title), "study_means_chart", "means")
    st.caption("Dots: each person's mean, joined across stimuli. Ticks: mean across people.")
    people = means.groupby("stimulus", sort=False)[name].agg(["count", "mean", "std"]).reset_index()
    people = people.set_axis(["Stimulus", "People", "Mean", "SD"], axis=1)
    st.dataframe(with_minus(people), hide_index=True, placeholder="–")
    st.markdown("**Every participant and stimulus**")
    first = ["participant", "stimulus", name, "frames", "seconds", "seen"]
    columns = [*first, *(each for each in means if each not in first)]
    st.dataframe(
        whole_percent(means[columns], "seen"), hide_index=True, height=min(38 + 35 * len(means), 420),
        column_config=_mean_columns(results.study, means),
    )  # fmt: skip
    csv_button("Means", means, "study_means_csv")


def _mean_columns(study: Study, means: pd.DataFrame) -> dict[str, Any]:
    """Return the settings of the columns of means: the titles of the codebook, and formats; the CSV keeps the names."""
    seconds = partial(st.column_config.NumberColumn, format="%.1f")
    columns: dict[str, Any] = {}
    for name, title, unit, _ in codebook(study, list(map(str, means))).itertuples(index=False):
        is_figure = pd.api.types.is_float_dtype(means[name])
        columns[name] = (
            st.column_config.NumberColumn(title, format="%.3f", help=unit or None)
            if is_figure
            else st.column_config.Column(title)
        )
    return columns | {
        "seconds": seconds("Seen, s", help="Time with the participant's face"),
        "window_s": seconds("Analysed, s", help="All analysed time of the stimulus"),
        "seen": st.column_config.NumberColumn("Share seen", format="percent", help="Share of the stimulus with a face"),
    }  # fmt: skip


def show_curve(results: StudyResults) -> None:
    """Show curves across people over stimulus time."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = _ask_measure(results, "curve")
        by = ask_grouping("A curve for each", results, "study_curve_by")
        kind = st.segmented_control(
            "Show",
            ["Mean", "Share of people over"],
            default="Mean",
            required=True,
            key="study_curve_kind",
            persist_state="session",
        )
        threshold = st.number_input(
            "Threshold", value=0.5, step=0.05, key="study_threshold", persist_state="session", disabled=kind == "Mean"
        )
    limit = None if kind == "Mean" else float(threshold)
    curve = cached(results, ("curve", name, by, limit), lambda: _curve(results, name, by, limit))
    if curve.empty:
        seen = any(len(sums.second) for sums in results.sums.values())
        st.info(f"Nobody has a value of {plain(by)}." if seen else "Nobody was seen.", icon=":material/visibility_off:")
        return
    if limit is None:
        value, title = "mean", _title(name)
        words = f"Lines: mean across people. Bands: 95% interval, {RESAMPLES:,} resamples of people."
    else:
        value, title = "share", f"Share of people with {measure_named(name).title} over {limit:g}"
        words = "Lines: share of the people seen in that second. Bands: 95% interval (Wilson)."
    conditions = list(dict.fromkeys(curve[by].astype(str)))
    if len(conditions) > MAX_CURVES:
        st.caption(f"The first {MAX_CURVES} of {len(conditions)} are shown; the table has all.")
        conditions = conditions[:MAX_CURVES]
    legend(colours_of(conditions))
    shown = curve[curve[by].astype(str).isin(conditions)]
    show_chart(curve_chart(shown, by, title, value), "study_curve_chart", "curve")
    st.caption(f"{plain(words)} Each second is computed separately. {_NO_BAND}")
    if thin := thin_ends(shown, by):
        st.caption(plain(thin))
    csv_button("Curve", curve, "study_curve_csv")


def thin_ends(curve: pd.DataFrame, by: str) -> str:
    """Return a sentence on the last seconds of curves that fewer than half of the people have, or "".

    Args:
        curve: ``by``, ``second`` and ``people``.
        by: Column of the conditions.
    """
    ends = []
    for condition, rows in curve.groupby(by, observed=True, sort=False):
        last_s = rows.loc[2 * rows["people"] >= rows["people"].max(), "second"].max()
        if (rows.loc[rows["second"] > last_s, "people"] > 0).any():
            ends.append(f"{condition} from {last_s + 1:g} s")
    return f"Fewer than half of the people have values at the end: {', '.join(ends)}." if ends else ""


def _curve(results: StudyResults, name: str, by: str, threshold: float | None) -> pd.DataFrame:
    """Return the means across people, or the shares of people over a threshold; no rows if nobody was seen."""
    table = results.labelled(results.seconds_of(name), by)
    if table.empty:
        return table
    return mean_curve(table, name, by=by) if threshold is None else share_curve(table, name, threshold, by=by)


def show_files(results: StudyResults) -> None:
    """Offer the results as files for other programs."""
    title = file_name(results.study.title, "")
    with st.container(horizontal=True):
        st.download_button(
            "All files as ZIP", lambda: _zipped(results), f"{title}.zip", "application/zip", type="primary",
            icon=":material/folder_zip:", on_click="ignore", key="study_zip",
        )  # fmt: skip
        st.download_button(
            "Means for SPSS (.sav)", lambda: _sav(results), f"{title}.sav", "application/x-spss-sav",
            icon=":material/download:", on_click="ignore", key="study_sav",
        )  # fmt: skip
        csv_button("Means, long", results.long_means, "study_long_csv")
        csv_button("Seconds", lambda: results.seconds, "study_seconds_csv")
    st.markdown("The ZIP file has:")
    st.markdown("\n".join(f"- `{name}`: {about}" for name, about in FILES.items()))


def _zipped(results: StudyResults) -> bytes:
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in write_results(results, Path(folder)):
            archive.write(path, path.name)
    return buffer.getvalue()


def _sav(results: StudyResults) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "means.sav"
        write_sav(results.means, results.study, path)
        return path.read_bytes()


def _ask_measure(results: StudyResults, key: str) -> str:
    names = results.measures
    start = names.index(default_measure(names))
    return st.selectbox(
        "Measure",
        names,
        start,
        format_func=lambda one: measure_named(one).title,
        key=f"study_{key}_measure",
        persist_state="session",
        width=220,
    )


def ask_grouping(label: str, results: StudyResults, key: str) -> str:
    """Return what results are grouped by: stimuli, or a variable of stimuli or participants."""
    variables = [*results.study.variables("stimuli"), *results.study.variables("participants")]
    groupings = list(dict.fromkeys(["stimulus", *variables]))
    return st.selectbox(plain(label), groupings, key=key, persist_state="session", width=220)


def _title(name: str) -> str:
    known = measure_named(name)
    return f"{known.title} ({known.unit})" if known.unit else known.title
