"""Results of a study: the table of means, curves over stimulus time, contrasts, and files."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import pandas as pd
import streamlit as st

from emotion.charts.studies import MAX_CURVES, colours_of, curve_chart, people_chart
from emotion.errors import InputError
from emotion.studies.formats.folder import FILES, write_results
from emotion.studies.formats.sav import write_sav
from emotion.studies.measures import measure as measure_named
from emotion.studies.results import StudyResults
from emotion.studies.statistics.clusters import cluster_contrast
from emotion.studies.statistics.contrasts import Contrast, contrasts
from emotion.studies.statistics.curves import mean_curve, share_curve
from emotion.studies.statistics.resampling import RESAMPLES
from emotion.studies.statistics.sentences import cluster_sentences, contrast_sentence
from ui.common.plain import plain
from ui.common.tables import csv_button
from ui.common.widgets import legend


def show_means(results: StudyResults) -> None:
    """Show every participant's mean of one measure, and the mean across people."""
    name = _ask_measure(results, "means")
    means, title = results.means(), _title(name)
    st.altair_chart(people_chart(means, name, title), width="stretch", key="study_means_chart")
    st.caption("Dots: each person's mean, joined across stimuli. Ticks: mean across people.")
    people = means.groupby("stimulus", sort=False)[name].agg(["count", "mean", "std"]).reset_index()
    st.dataframe(people.set_axis(["Stimulus", "People", "Mean", "SD"], axis=1), hide_index=True)
    st.markdown("**Every participant and stimulus**")
    first = ["participant", "stimulus", name, "frames", "seconds", "seen"]
    columns = [*first, *(each for each in means if each not in first)]
    st.dataframe(
        means[columns], hide_index=True, height=min(38 + 35 * len(means), 420),
        column_config={
            "seen": st.column_config.NumberColumn("seen", format="percent", help="Share of the stimulus with a face")
        },
    )  # fmt: skip
    csv_button("Means", means, "study_means_csv")


def show_curve(results: StudyResults) -> None:
    """Show curves across people over stimulus time."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = _ask_measure(results, "curve")
        by = st.selectbox("A curve for each", _groupings(results), format_func=plain, key="study_curve_by", width=220)
        kind = st.segmented_control(
            "Show", ["Mean", "Share of people over"], default="Mean", required=True, key="study_curve_kind"
        )
        threshold = st.number_input("Threshold", value=0.5, step=0.05, key="study_threshold", disabled=kind == "Mean")
    table = results.labelled(results.seconds(), by)
    if table.empty:
        st.info("Nobody was seen.", icon=":material/visibility_off:")
        return
    if kind == "Mean":
        curve, value, title = mean_curve(table, name, by=by), "mean", _title(name)
        words = f"Lines: mean across people. Bands: 95 % interval, {RESAMPLES:,} resamples of people."
    else:
        curve, value = share_curve(table, name, float(threshold), by=by), "share"
        title = f"Share of people with {measure_named(name).title} over {threshold:g}"
        words = "Lines: share of the people seen in that second. Bands: 95 % interval (Wilson)."
    conditions = list(dict.fromkeys(curve[by].astype(str)))
    if len(conditions) > MAX_CURVES:
        st.caption(f"The first {MAX_CURVES} of {len(conditions)} are shown; the table has all.")
        conditions = conditions[:MAX_CURVES]
    legend(colours_of(conditions))
    shown = curve[curve[by].astype(str).isin(conditions)]
    st.altair_chart(curve_chart(shown, by, title, value), width="stretch", key="study_curve_chart")
    st.caption(f"{plain(words)} Each second is taken by itself. With fewer people than needed there is no band.")
    csv_button("Curve", curve, "study_curve_csv")


def show_contrast(results: StudyResults) -> None:
    """Compare two conditions or groups."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox("Compare", _groupings(results), format_func=plain, key="study_contrast_by", width=220)
        means = results.labelled(results.means(), by)
        levels = list(dict.fromkeys(means[by].astype(str)))
        a = st.selectbox("First", levels, format_func=plain, key=f"study_contrast_a_{by}", width=220)
        others = [level for level in levels if level != a]
        b = st.selectbox("Second", others, format_func=plain, key=f"study_contrast_b_{by}_{a}", width=220)
    defaults = [name for name in ("happiness", "valence") if name in results.measures]
    names = st.multiselect(
        "Measures", results.measures, defaults, format_func=lambda one: measure_named(one).title,
        key="study_contrast_measures", help="Holm's correction is over all that you choose",
    )  # fmt: skip
    if len(levels) < 2:
        st.info("A contrast needs two conditions or groups.", icon=":material/compare_arrows:")
        return
    paired = by not in results.study.variables("participants")
    try:
        found = contrasts(means, names, by=by, levels=[(a, b)], paired=paired)
    except InputError as error:
        st.info(plain(_sentence(error)), icon=":material/compare_arrows:")
        return
    for contrast in found:
        st.markdown(f"- {plain(_upper(contrast_sentence(contrast)))}")
    st.dataframe(_contrast_table(found), hide_index=True)
    kind = "Paired: the same people in both" if paired else "Unpaired: two groups of people"
    st.caption(
        f"{kind}. Each person's mean counts once. Two-sided permutation test; p Holm is corrected for all measures."
    )
    csv_button("Contrast", _contrast_table(found), "study_contrast_csv")
    _show_clusters(results, names, by, (a, b), paired)


def _show_clusters(results: StudyResults, names: list[str], by: str, levels: tuple[str, str], paired: bool) -> None:
    """Say when the curves differ, by a cluster permutation over the seconds, for the first measures on request."""
    if not names or not st.toggle("When do they differ?", key="study_clusters"):
        return
    table = results.labelled(results.seconds(), by)
    for name in names:
        try:
            test = cluster_contrast(table, name, by=by, names=levels, paired=paired)
        except InputError as error:
            st.info(plain(_sentence(error)), icon=":material/compare_arrows:")
            return
        for sentence in cluster_sentences(test):
            st.markdown(f"- {plain(_upper(sentence))}")
    st.caption("Cluster permutation over the seconds of stimulus time (Maris and Oostenveld 2007).")


def show_files(results: StudyResults, title: str) -> None:
    """Offer the results as files for other programs."""
    st.markdown("\n".join(f"- `{name}`: {about}" for name, about in FILES.items()))
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
        csv_button("Seconds", results.seconds, "study_seconds_csv")


def _zipped(results: StudyResults) -> bytes:
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in write_results(results, Path(folder)):
            archive.write(path, path.name)
    return buffer.getvalue()


def _sav(results: StudyResults) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "means.sav"
        write_sav(results.means(), results.study, path)
        return path.read_bytes()


def _ask_measure(results: StudyResults, key: str) -> str:
    names = results.measures
    start = names.index("happiness") if "happiness" in names else 0
    return st.selectbox(
        "Measure", names, start, format_func=lambda one: measure_named(one).title, key=f"study_{key}_measure", width=220
    )


def _groupings(results: StudyResults) -> list[str]:
    """Return what results can be grouped by: stimuli, and the variables of stimuli and participants."""
    return list(dict.fromkeys([
        "stimulus", *results.study.variables("stimuli"), *results.study.variables("participants"),
    ]))  # fmt: skip


def _contrast_table(found: list[Contrast]) -> pd.DataFrame:
    return pd.DataFrame([
        {
            "measure": each.measure, f"mean {each.a}": each.mean_a, f"mean {each.b}": each.mean_b,
            "difference": each.difference, "95 % from": each.low, "to": each.high, "t": each.t, "p": each.p,
            "p Holm": each.p_holm, each.effects[0].name: each.effects[0].value,
            each.effects[1].name: each.effects[1].value,
            "people": each.n_a if each.paired else each.n_a + each.n_b,
        }
        for each in found
    ])  # fmt: skip


def _title(name: str) -> str:
    known = measure_named(name)
    return f"{known.title} ({known.unit})" if known.unit else known.title


def _sentence(error: InputError) -> str:
    return _upper(str(error))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
