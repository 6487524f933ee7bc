"""The installed models, a choice among them, and their table with accuracy vs. cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

import emotion
from emotion.charts.lab import cost_scatter, model_colour
from emotion.errors import EmotionError, ModelError
from emotion.evaluation.scores import COSTS, FAMILIES, SPLITS, families_of, load_evaluation, score_table
from emotion.evaluation.timing import median_ms
from emotion.evaluation.user_evaluation.run import FaceFinder
from emotion.models.offered import choices, full_name, offered_models, plain_name
from emotion.models.registry import load_card
from emotion.types import ModelCard
from emotion.vision.classify import LiteRTClassifier
from ui.common.charts import show_chart
from ui.common.plain import plain
from ui.common.resources import load_analyzer
from ui.common.widgets import legend
from ui.lab.model_facts import MODEL_PX, show_scores

TIMES = "lab_ms_per_face"
"""Session key of the measured ms per face, by model."""

_TIMES_HELP = (
    "Median time per face on this server, one thread; press the button above to measure. Models with test-time "
    "augmentation take twice as long for uncertain faces."
)


@dataclass(frozen=True, slots=True)
class Lab:
    """The installed models.

    Attributes:
        cards: Model → card, in listing order.
        evaluations: Model → evaluation, for models that have one.
    """

    cards: Mapping[str, ModelCard]
    evaluations: Mapping[str, Mapping[str, Any]]

    @property
    def names(self) -> list[str]:
        """All model names; their order fixes the colours."""
        return list(self.cards)


def load_lab() -> Lab:
    """Read every installed model's card and evaluation; damaged ones are reported on the page and skipped."""
    cards: dict[str, ModelCard] = {}
    evaluations: dict[str, Mapping[str, Any]] = {}
    for name in emotion.list_models():
        try:
            cards[name] = load_card(name)
            if (evaluation := load_evaluation(name)) is not None:
                evaluations[name] = evaluation
        except EmotionError as error:
            st.error(plain(error), icon=":material/error:")
    return Lab(cards, evaluations)


def load_face_finder(lab: Lab) -> FaceFinder:
    """Return a function that finds the largest face of a picture; the model that is loaded with it has no effect.

    Raises:
        ModelError: No model can be loaded.
    """
    problem = ModelError("no model is installed")
    for name in lab.names:
        try:
            return load_analyzer(name).largest_face
        except ModelError as error:
            problem = error
    raise problem


def choose_test(lab: Lab, tab: str) -> tuple[str, str]:
    """Let the visitor choose labels and split of the evaluation; empty labels if no model was evaluated.

    Args:
        lab: The installed models.
        tab: Name of the tab, for the widgets' keys. All tabs share the choice.
    """
    families = families_of(lab.evaluations)
    if not families:
        return "", next(iter(SPLITS))
    with st.container(horizontal=True, gap="medium"):
        family = _shared("lab_family", tab, families)
        st.segmented_control(
            "Labels", families, required=True, format_func=lambda name: FAMILIES.get(name, plain(name)), **family
        )
        role = _shared("lab_split", tab, list(SPLITS))
        st.segmented_control(
            "Split", list(SPLITS), required=True, **role,
            help="Test pictures were used for evaluation only. Validation pictures were also used to choose settings.",
        )  # fmt: skip
    return st.session_state["lab_family"], st.session_state["lab_split"]


def _shared(name: str, tab: str, options: Sequence[str]) -> dict[str, Any]:
    """Return key and callback of a widget with the same value on every tab, which the session has under its name."""
    if st.session_state.get(name) not in options:
        st.session_state[name] = options[0]
    key = f"{name}_{tab}"
    st.session_state[key] = st.session_state[name]
    return {"key": key, "on_change": lambda: st.session_state.update({name: st.session_state[key]})}


def ask_shares(key: str) -> bool:
    """Return whether a confusion matrix has shares in place of counts.

    Args:
        key: Key of the control.
    """
    shares = "Shares, %"
    unit = st.segmented_control(
        "Figures", [shares, "Counts"], default=shares, required=True, label_visibility="collapsed", key=key,
        persist_state="session",
    )  # fmt: skip
    return unit == shares


def choose_models(lab: Lab) -> list[str]:
    """Let the visitor choose the models to test; at first those that the app offers, and imported ones."""
    first = [name for name in choices() if name in lab.cards]
    chosen = st.multiselect(
        "Models", lab.names, default=first, format_func=plain_name, key="lab_tested", persist_state="session",
        help="Names in lower case are models for developers; *Inside the models* describes them.",
    )  # fmt: skip
    if not chosen:
        st.info("Choose at least one model.", icon=":material/compare:")
    return chosen


def show_models(lab: Lab) -> None:
    """Show every model's figures, and accuracy vs. a chosen cost."""
    family, role = choose_test(lab, "models")
    times: dict[str, float] = st.session_state.setdefault(TIMES, {})
    if st.button("Time every model on this machine", icon=":material/timer:"):
        _time_models(lab, times)
    table = score_table(lab.cards, lab.evaluations, family, role, times)
    show_figures(table)
    if offered := offered_models():
        st.caption(f"The app offers: {', '.join(plain(full_name(name)) for name in offered)}.")
    st.caption(
        "Scores of the quantised file that runs here, from each model's `evaluation.json`. Models with fewer classes "
        "are scored only on these, which is easier: compare models with the same number of classes. "
        "ECE: expected calibration error after temperature scaling."
    )
    _show_scatter(table, lab)
    st.subheader("All test sets", anchor=False)
    show_scores(list(lab.cards.values()))


def _time_models(lab: Lab, times: dict[str, float]) -> None:
    bar = st.progress(0.0, "Timing …")
    for done, name in enumerate(lab.names):
        bar.progress(done / len(lab.names), f"Timing {plain(name)} …")
        try:
            times[name] = median_ms(LiteRTClassifier(lab.cards[name], tta=False))
        except EmotionError as error:
            st.error(plain(error), icon=":material/error:")
    bar.empty()


def show_figures(table: pd.DataFrame) -> None:
    """Show columns of :func:`emotion.evaluation.scores.score_table` as a table."""
    shown = _formatted(table)
    st.dataframe(shown, hide_index=True, column_config=_columns(), placeholder="–", height="content")


def _formatted(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with shares in percent and the interval as text."""
    shown = table.copy()
    for column in ("accuracy", "balanced", "macro_f1", "ece"):
        shown[column] = 100 * shown[column]
    ends = zip(table["low"], table["high"], strict=True)
    texts = [None if pd.isna(low) else f"{100 * low:.1f} – {100 * high:.1f}" for low, high in ends]
    shown.insert(list(shown).index("accuracy") + 1, "interval", texts)
    return shown.drop(columns=["low", "high"])


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "model": st.column_config.TextColumn("Model", pinned=True, width=MODEL_PX),
        "classes": number("Classes", format="%d"),
        "faces": number("Faces", format="%d", help="Test faces whose label the model knows"),
        "accuracy": number("Accuracy, %", format="%.1f"),
        "interval": st.column_config.TextColumn("95% interval", help="Bootstrap over the faces"),
        "balanced": number("Balanced, %", format="%.1f", help="Mean of all classes' recall"),
        "macro_f1": number("Macro-F1, %", format="%.1f"),
        "ece": number("ECE, %", format="%.1f", help="Mean gap between probability and accuracy"),
        "parameters": number("Params, M", format="%.2f", help="Millions of parameters"),
        "multiply_adds": number("MACs, M", format="%.0f", help="Millions of multiply–adds for a face"),
        "megabytes": number("File, MB", format="%.2f"),
        "ms": number("ms per face", format="%.2f", help=_TIMES_HELP),
    }


def _show_scatter(table: pd.DataFrame, lab: Lab) -> None:
    st.subheader("Accuracy vs. cost", anchor=False)
    cost = st.segmented_control(
        "Cost", list(COSTS), default="multiply_adds", required=True,
        format_func=COSTS.__getitem__, label_visibility="collapsed", key="lab_cost", persist_state="session",
    )  # fmt: skip
    drawn = table.dropna(subset=["accuracy", cost])["model"].tolist()
    if not drawn:
        missing = "time the models with the button above first" if cost == "ms" else "no model was evaluated"
        st.info(f"Nothing to draw: {missing}.", icon=":material/scatter_plot:")
        return
    legend({model: model_colour(model, lab.names) for model in drawn})
    show_chart(cost_scatter(table, cost, lab.names), "lab_cost", "accuracy-and-cost")
    st.caption("Lines: 95% interval of the accuracy.")
