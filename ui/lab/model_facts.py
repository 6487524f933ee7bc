"""Accuracy of the offered models for the About page, the terms of all models, and their scores on every test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

import emotion
from emotion.errors import EmotionError
from emotion.evaluation.cards.document import Section, percent
from emotion.evaluation.cards.overview import HOW_TO_READ, sets_table
from emotion.evaluation.cards.sources import FOR_RESEARCH, sources_table, training_sources
from emotion.evaluation.scores import load_evaluation
from emotion.evaluation.set_scores import SetScore, product_scores, scores_table, set_scores
from emotion.models.offered import offered_models, plain_name
from emotion.models.registry import ALIASES, load_card
from emotion.types import ModelCard
from ui.common.plain import code, plain
from ui.common.widgets import chips, page_link
from ui.lab.model_card import show_section

MODEL_PX = 165
"""Width of a column of models, px: the name of each is readable."""

FER2013_ALONE = "ferplus-resvgg"
"""A model trained on FER2013 with FER+ votes only."""

MADE_BY_OTHERS = """
- Face detection, face mesh and irises: MediaPipe models by Google (Apache 2.0).
- Sample portrait: the astronaut Eileen Collins, by NASA, in the public domain; from scikit-image.
- The demo's second portrait: Grace Hopper, by the US Navy, in the public domain; from Matplotlib.
"""


def read_cards() -> dict[str, ModelCard]:
    """Return name → card of every model; show an error for each damaged one."""
    found = {}
    for name in emotion.list_models():
        try:
            found[name] = load_card(name)
        except EmotionError as error:
            st.error(plain(error), icon=":material/error:")
    return found


def show_accuracy(cards: Mapping[str, ModelCard]) -> None:
    """Show the offered models, their scores on every test set, and a link to their cards."""
    if not cards:
        st.warning("No model is installed.", icon=":material/warning:")
        return
    with st.container(key="model_names_offered"):
        for name, offer in offered_models().items():
            st.markdown(f"**{plain(offer.name)}** · {plain(offer.reason)} Its name in commands is {code(name)}.")
    default = cards.get(ALIASES["default"])
    if default is not None:
        chips(default.labels)
        try:
            _show_scores_of_default(default)
        except EmotionError as error:
            st.error(plain(error), icon=":material/error:")
    page_link("pages/model_card.py", "Model cards: weaknesses and limits", ":material/fact_check:")


def show_terms(cards: Mapping[str, ModelCard]) -> None:
    """Show the default model's training data, and each distinct licence text with the models that it applies to."""
    default = cards.get(ALIASES["default"])
    if default is not None and (sources := training_sources(default.training)):
        show_section(Section("Sources", (FOR_RESEARCH,), tables=(sources_table(sources),)))
        if FER2013_ALONE in cards:
            st.markdown(f"{code(FER2013_ALONE)} is trained on FER2013 with FER+ votes only, for those who need that.")
    st.markdown("**Terms of the models**")
    with st.container(key="model_names_terms"):
        st.markdown(_terms(cards))
    st.markdown("**Third-party models and pictures**")
    st.markdown(MADE_BY_OTHERS)


def _terms(cards: Mapping[str, ModelCard]) -> str:
    """Return a list of all licence texts with their models; the largest group of over three is named “All n others”."""
    terms: dict[str, list[str]] = {}
    for name, card in cards.items():
        terms.setdefault(card.licence or "Not stated.", []).append(name)
    largest = max(terms.values(), key=len, default=[])
    lines = []
    for words, names in terms.items():
        named = f"All {len(names)} others" if len(names) > 3 and names is largest else ", ".join(map(code, names))
        lines.append(f"- {named}: {plain(words)}")
    return "\n".join(lines)


def _show_scores_of_default(card: ModelCard) -> None:
    rows = product_scores()
    if not rows:
        st.info("Not evaluated.", icon=":material/help:")
        return
    show_section(Section("Scores", tables=(sets_table(rows),), notes=(HOW_TO_READ, *_other_models(card, rows))))


def _other_models(card: ModelCard, rows: Sequence[SetScore]) -> list[str]:
    """Return notes on rows of other models: the default model's own accuracy there."""
    own = {one.family: one for one in set_scores(card.name, load_evaluation(card.name))}
    return [
        f"{row.title}: scores of “{plain_name(row.model)}”, which uses these labels. “{plain_name(card.name)}” reaches "
        f"{percent(own[row.family].accuracy)} there, because FER+ votes and FER2013 labels often disagree."
        for row in rows
        if row.model != card.name and row.family in own
    ]


def show_scores(cards: Sequence[ModelCard]) -> None:
    """Show a table of models with their accuracy and mean recall on every test set."""
    table = scores_table(cards)
    shown = table.assign(**{column: 100 * table[column] for column in table.columns[3:]})
    st.dataframe(shown, hide_index=True, column_config=_columns(table), placeholder="–", height="content")
    st.caption(
        "Accuracy and mean recall in percent on each test set. A model with fewer expressions is scored only on faces "
        "of these, which is easier."
    )


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    sets = {column: number(f"{column}, %", format="%.1f") for column in table.columns[3:]}
    return sets | {
        "model": st.column_config.TextColumn("Model", pinned=True, width=MODEL_PX),
        "title": st.column_config.TextColumn("Title", width="medium"),
        "labels": number("Expressions", format="%d"),
    }
