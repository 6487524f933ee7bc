"""Test on my pictures: accuracy per group of people, for zips whose folders name groups."""

from __future__ import annotations

import streamlit as st

from emotion.csv_text import csv_bytes
from emotion.errors import DatasetError
from emotion.evaluation.fairness.folders import group_of
from emotion.evaluation.fairness.report import Fairness, judge_groups
from emotion.evaluation.fairness.tables import differences_table, groups_table, recalls_table, to_table
from emotion.evaluation.user_evaluation.run import UserEvaluation
from ui.common.plain import plain
from ui.common.session_cache import session_cached

LAYOUT = "To compare groups of people, add group folders: `older/happy/…`, `younger/happy/…`"


def show_groups(trial: UserEvaluation, model: str, codes: str | None, stem: str) -> None:
    """Show a model's figures for each group, or how to arrange the zip for that.

    Args:
        trial: The models' answers.
        model: Name of one of the models.
        codes: Data set whose class numbers the folders use; None for words.
        stem: Start of download names.
    """
    st.subheader("Groups", anchor=False)
    found = session_cached("lab_groups", (id(trial), model, codes), lambda: _fairness(trial, model, codes))
    if found is None:
        st.caption(LAYOUT)
        return
    st.dataframe(groups_table(found), hide_index=True)
    if differing := [test.what for test in found.tests if test.differs]:
        st.warning(f"Groups differ significantly in {', '.join(map(plain, differing))}.", icon=":material/difference:")
    else:
        st.info("No significant difference between the groups.", icon=":material/balance:")
    for warning in found.warnings:
        st.warning(plain(warning), icon=":material/warning:")
    with st.expander("Recall and significance tests"):
        st.dataframe(recalls_table(found), hide_index=True)
        st.dataframe(differences_table(found), hide_index=True)
        st.caption(" ".join(map(plain, found.notes)))
    st.download_button(
        "Groups as CSV", csv_bytes(to_table(found)), f"{stem}.{model}.groups.csv", "text/csv",
        icon=":material/download:", on_click="ignore", key="groups_csv",
    )  # fmt: skip


def _fairness(trial: UserEvaluation, model: str, codes: str | None) -> Fairness | None:
    """Return the figures; None without at least two groups."""
    names = (*trial.names, *(one.name for one in trial.unread))
    groups = {name: group for name in names if (group := group_of(name, codes)) is not None}
    if len({groups[name] for name in trial.names if name in groups}) < 2:
        return None
    try:
        return judge_groups(trial, model, groups)
    except DatasetError:
        return None
