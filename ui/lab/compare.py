"""Inside the models: compares models side by side."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd
import streamlit as st

from emotion.charts.lab import class_bars, coverage_chart, model_colour, robustness_bars, training_curves
from emotion.charts.record import confusion_chart, reliability_chart
from emotion.errors import EmotionError
from emotion.evaluation.histories import load_history, trained_together
from emotion.evaluation.scores import Record, find_record, find_robustness, unmeasured_conditions
from ui.common.charts import show_chart
from ui.common.plain import plain
from ui.lab.models import Lab, ask_shares, choose_test

_CHOSEN_AT_FIRST = 2

_MEASURES = {"accuracy": "Accuracy", "loss": "Loss"}


def show_comparison(lab: Lab) -> None:
    """Let the visitor choose models; show training, confusion, scores per class and reliability."""
    family, role = choose_test(lab, "compare")
    chosen = st.multiselect(
        "Models", lab.names, default=lab.names[:_CHOSEN_AT_FIRST], key="lab_compared", persist_state="session"
    )
    if not chosen:
        st.info("Choose at least one model.", icon=":material/compare:")
        return
    _show_training(chosen, lab)
    found = {name: find_record(lab.evaluations.get(name), family, role) for name in chosen}
    records = {name: record for name, record in found.items() if record is not None}
    if absent := [name for name in chosen if name not in records]:
        st.info(
            f"Not evaluated with these labels on this split: {', '.join(map(plain, absent))}.", icon=":material/help:"
        )
    if records:
        _show_confusions(records)
        _show_classes(records, lab)
        _show_reliability(records, lab)
        _show_coverage(records, lab)
    _show_robustness(chosen, family, role, lab)


def _show_training(chosen: list[str], lab: Lab) -> None:
    st.subheader("Training", anchor=False)
    histories = _histories(chosen, lab)
    if not histories:
        st.info("These models have no training history.", icon=":material/show_chart:")
        return
    for column, (measure, title) in zip(st.columns(len(_MEASURES), gap="medium"), _MEASURES.items(), strict=True):
        with column:
            show_chart(
                training_curves(histories, measure, title, lab.names), f"lab_training_{measure}", f"training-{measure}"
            )
    st.caption(
        "Solid: validation split. Dashed: training pictures, which augmentation makes harder. "
        "Models with different classes are trained on different labels, so their curves do not compare."
    )
    for names in trained_together(histories):
        st.caption(
            f"{', '.join(map(plain, names))} come from one training run and share its loss and training accuracy. "
            "Where curves coincide, only the last model's colour is visible."
        )


def _histories(chosen: list[str], lab: Lab) -> dict[str, pd.DataFrame]:
    histories: dict[str, pd.DataFrame] = {}
    for name in chosen:
        try:
            if (history := load_history(lab.cards[name])) is not None:
                histories[name] = history
        except EmotionError as error:
            st.error(plain(error), icon=":material/error:")
    return histories


def _show_confusions(records: Mapping[str, Record]) -> None:
    st.subheader("Confusion", anchor=False)
    shares = ask_shares("lab_unit")
    _side_by_side({name: confusion_chart(one, shares=shares) for name, one in records.items()})
    st.caption("Rows: true expression; columns: answer. Stronger colour: larger share of the row.")


def _show_classes(records: Mapping[str, Record], lab: Lab) -> None:
    st.subheader("Scores per class", anchor=False)
    measure = st.segmented_control(
        "Measure", ["Precision", "Recall", "F1"], default="F1", required=True,
        label_visibility="collapsed", key="lab_measure", persist_state="session",
    )  # fmt: skip
    show_chart(class_bars(records, measure, lab.names), "lab_classes", measure.lower())
    st.caption(
        "Precision: share of these answers that are right. Recall: share of these faces that are found. "
        "F1: their harmonic mean."
    )


def _show_reliability(records: Mapping[str, Record], lab: Lab) -> None:
    st.subheader("Reliability", anchor=False)
    charts = {name: reliability_chart(record, model_colour(name, lab.names)) for name, record in records.items()}
    notes = {
        name: f"ECE {record['ece']['before']:.1%} before temperature scaling, {record['ece']['after']:.1%} after"
        for name, record in records.items()
    }
    _side_by_side(charts, notes)
    st.caption("On the diagonal, answers with a probability of 80% are right 80% of the time.")


def _show_coverage(records: Mapping[str, Record], lab: Lab) -> None:
    st.subheader("Accuracy with “unclear” answers left out", anchor=False)
    if absent := [name for name, record in records.items() if not record.get("coverage_curve")]:
        st.info(
            f"Not measured for {', '.join(map(plain, absent))}.",
            icon=":material/help:",
        )
    if len(absent) < len(records):
        show_chart(coverage_chart(records, lab.names), "lab_coverage", "coverage")
        st.caption(
            "Leaving out the least certain faces gives fewer answers, but more of them are right. The diamond marks "
            "the model's threshold, chosen on validation pictures, below which the app says “unclear”; for turned "
            "or small faces, it can be higher."
        )


def _show_robustness(chosen: list[str], family: str, role: str, lab: Lab) -> None:
    found = {name: find_robustness(lab.evaluations.get(name), family, role) for name in chosen}
    measured = {name: conditions for name, conditions in found.items() if conditions is not None}
    if measured:
        st.subheader("Robustness", anchor=False)
        show_chart(robustness_bars(measured, lab.names), "lab_robustness", "robustness")
        st.caption("Accuracy on the same test faces, blurred, noisy, dark, overexposed, small, turned or covered.")
        for name, titles in unmeasured_conditions(measured).items():
            st.caption(f"Not measured for {plain(name)}: {', '.join(map(plain, titles))}.")


def _side_by_side(charts: Mapping[str, alt.LayerChart], notes: Mapping[str, str] | None = None) -> None:
    names = list(charts)
    # Two per row, so that charts stay wide enough to read.
    for start in range(0, len(names), 2):
        for column, name in zip(st.columns(2, gap="medium"), names[start : start + 2], strict=False):
            with column:
                st.markdown(f"**{plain(name)}**")
                show_chart(charts[name], f"lab_{notes is None}_{name}")
                if notes:
                    st.caption(plain(notes[name]))
