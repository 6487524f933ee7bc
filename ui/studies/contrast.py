"""Contrasts between conditions and between groups: sentences, a table, clusters in time, and a mixed model."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from emotion.errors import InputError
from emotion.studies.measures import measure as measure_named
from emotion.studies.results import StudyResults
from emotion.studies.statistics.clusters import ClusterTest, cluster_contrast
from emotion.studies.statistics.contrasts import Contrast, contrasts
from emotion.studies.statistics.mixed import mixed_model
from emotion.studies.statistics.sentences import ALPHA, cluster_sentences, contrast_sentence, effect_sentence
from ui.common.plain import plain, sentence
from ui.common.tables import csv_button, with_minus
from ui.studies.results import ask_grouping
from ui.studies.session import cached

_SYMBOLS = "t", "p", "p Holm"
_EFFECTS = {"d": "Cohen's d", "g": "Hedges' g", "d_z": "Cohen's d_z", "g_z": "Hedges' g_z"}
"""Effect size → its heading."""

MIN_PAIRS, MIN_GROUP = 6, 4
"""Fewest pairs, and fewest people of two groups each, with which a permutation test can find p below 0.05."""


def show_contrast(results: StudyResults) -> None:
    """Compare two conditions or groups."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = ask_grouping("Compare", results, "study_contrast_by")
        means = results.labelled(results.means, by)
        levels = list(dict.fromkeys(means[by].astype(str)))
        a = st.selectbox(
            "First",
            levels,
            key=f"study_contrast_a_{by}_{hash(tuple(levels))}",
            persist_state="session",
            width=220,
        )
        others = [level for level in levels if level != a]
        b = st.selectbox(
            "Second",
            others,
            key=f"study_contrast_b_{by}_{hash((a, *levels))}",
            persist_state="session",
            width=220,
        )
    defaults = [name for name in ("happiness", "valence") if name in results.measures]
    names = st.multiselect(
        "Measures", results.measures, defaults, format_func=lambda one: measure_named(one).title,
        key="study_contrast_measures", persist_state="session", help="Holm's correction is over all that you choose",
    )  # fmt: skip
    if len(levels) < 2:
        st.info("A contrast needs two conditions or groups.", icon=":material/compare_arrows:")
        return
    paired = by not in results.study.variables("participants")
    try:
        found = cached(
            results,
            ("contrast", tuple(names), by, a, b),
            lambda: contrasts(means, names, by=by, levels=[(a, b)], paired=paired),
        )
    except InputError as error:
        st.info(sentence(error), icon=":material/compare_arrows:")
        return
    for contrast in found:
        st.markdown(f"- {sentence(contrast_sentence(contrast))}")
    table = _contrast_table(found)
    shown = table.assign(measure=[measure_named(each.measure).title for each in found]).rename(columns=_heading)
    st.dataframe(with_minus(shown), hide_index=True, placeholder="–")
    _warn_of_few(found)
    kind = "Paired: the same people in both" if paired else "Unpaired: two groups of people"
    st.caption(
        f"{kind}. Each person's mean counts once. Two-sided permutation test; p Holm is corrected for all measures."
    )
    csv_button("Contrast", table, "study_contrast_csv")
    _show_clusters(results, names, by, (a, b), paired)
    _show_mixed(results, names, by, paired)


def _warn_of_few(found: list[Contrast]) -> None:
    """Warn if there are too few people for any reliable difference."""
    worst = max(found, key=lambda each: each.smallest_p, default=None)
    if worst is not None and worst.smallest_p >= ALPHA:
        st.caption(_few_people(worst))


def _few_people(contrast: Contrast) -> str:
    p = f"the smallest possible p is {contrast.smallest_p:.3f}"
    if contrast.paired:
        return f"With {contrast.n_a:,} people {p}: compare at least {MIN_PAIRS} people."
    return f"With {contrast.n_a:,} and {contrast.n_b:,} people {p}: compare at least {MIN_GROUP} people in each group."


def _show_mixed(results: StudyResults, names: list[str], by: str, paired: bool) -> None:
    """Fit a mixed model of each measure, with groups of people if there are any."""
    if not names or not st.toggle("Mixed model", key="study_mixed"):
        return
    within, between = (by, None) if paired else (None, by)
    groups = results.study.variables("participants")
    if paired and groups:
        with st.container(width=320):
            between = st.selectbox(
                "Groups of people",
                [None, *groups],
                format_func=lambda group: "none" if group is None else group,
                key="study_mixed_groups",
                persist_state="session",
            )
    table = results.labelled(results.means, by)
    table = table if between is None else results.labelled(table, between)
    for name in names:
        try:
            model = cached(
                results,
                ("mixed", name, within, between),
                partial(mixed_model, table, name, within=within, between=between),
            )
        except InputError as error:
            st.info(f"{plain(name)}: {sentence(error)}", icon=":material/compare_arrows:")
            continue
        for effect in model.effects:
            st.markdown(f"- {sentence(effect_sentence(model, effect))}")
        if not model.converged:
            st.warning(f"The model of {plain(name)} did not converge: do not use it.", icon=":material/warning:")
    st.caption("A random intercept for each person, fitted by REML (statsmodels).")


def _show_clusters(results: StudyResults, names: list[str], by: str, levels: tuple[str, str], paired: bool) -> None:
    """Say when the curves differ, by a cluster permutation over the seconds, for the first measures on request."""
    if not names or not st.toggle("When do they differ?", key="study_clusters"):
        return
    for name in names:
        try:
            test = cached(
                results,
                ("clusters", name, by, levels),
                partial(_clusters, results, name, by, levels, paired),
            )
        except InputError as error:
            st.info(f"{plain(name)}: {sentence(error)}", icon=":material/compare_arrows:")
            continue
        for found in cluster_sentences(test):
            st.markdown(f"- {sentence(found)}")
    st.caption("Cluster permutation over the seconds of stimulus time (Maris and Oostenveld 2007).")


def _clusters(results: StudyResults, name: str, by: str, levels: tuple[str, str], paired: bool) -> ClusterTest:
    table = results.labelled(results.seconds_of(name), by)
    return cluster_contrast(table, name, by=by, names=levels, paired=paired)


def _heading(column: str) -> str:
    """Return a column's heading on the page; the CSV keeps the name."""
    return column if column in _SYMBOLS else _EFFECTS.get(column, column[0].upper() + column[1:])


def _contrast_table(found: list[Contrast]) -> pd.DataFrame:
    return pd.DataFrame([
        {
            "measure": each.measure, f"mean {each.a}": each.mean_a, f"mean {each.b}": each.mean_b,
            "difference": each.difference, "95% from": each.low, "to": each.high, "t": each.t, "p": each.p,
            "p Holm": each.p_holm, each.effects[0].name: each.effects[0].value,
            each.effects[1].name: each.effects[1].value,
            "people": each.n_a if each.paired else each.n_a + each.n_b,
        }
        for each in found
    ])  # fmt: skip
