"""The models section of the About page: accuracy, training data and terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

import emotion
from emotion.errors import EmotionError
from emotion.evaluation.cards.document import Section, percent
from emotion.evaluation.cards.overview import HOW_TO_READ, sets_table
from emotion.evaluation.cards.sources import FOR_RESEARCH, learned_sources, sources_table
from emotion.evaluation.scores import load_evaluation
from emotion.evaluation.set_scores import SetScore, product_scores, scores_table, set_scores
from emotion.models.registry import ALIASES, load_card
from emotion.types import ModelCard
from ui.common.plain import code, plain
from ui.common.widgets import chips, page_link
from ui.lab.model_card import show_section

FER2013_ALONE = "ferplus-resvgg"
"""A model trained on FER2013 with FER+ votes only."""


def show_models() -> None:
    """Show the default model with its scores and sources, then all installed models; damaged ones are reported."""
    cards = _cards()
    if not cards:
        st.warning("No model is installed.", icon=":material/warning:")
        return
    default = next((card for card in cards if card.name == ALIASES["default"]), None)
    if default is not None:
        _show_default(default, [card.name for card in cards])
    page_link("pages/model_card.py", "Model cards: data, scores, weaknesses", ":material/fact_check:")
    with st.expander(f"All installed models ({len(cards)})"):
        show_scores(cards)
        _show_terms(cards)


def _cards() -> list[ModelCard]:
    found = []
    for name in emotion.list_models():
        try:
            found.append(load_card(name))
        except EmotionError as error:
            st.error(plain(error), icon=":material/error:")
    return found


def _show_default(card: ModelCard, installed: Sequence[str]) -> None:
    st.markdown(
        f"**{plain(card.title)}** · {code(card.name)}, the default, distinguishes {len(card.labels)} expressions:"
    )
    chips(card.labels)
    st.subheader("Accuracy", anchor=False)
    try:
        _show_scores_of_default(card)
    except EmotionError as error:
        st.error(plain(error), icon=":material/error:")
    st.subheader("Training data", anchor=False)
    if sources := learned_sources(card.training):
        show_section(Section("Sources", (FOR_RESEARCH,), tables=(sources_table(sources),)))
    else:
        st.markdown(plain(card.licence))
    if FER2013_ALONE in installed and card.name != FER2013_ALONE:
        st.markdown(f"`{FER2013_ALONE}` is trained on FER2013 with FER+ votes only, for those who need that.")
    st.caption(
        f"{card.parameters / 1e6:.2f} million parameters, {millions_text(card.multiply_adds)} multiply–adds "
        f"for a face, {card.input_size:d} × {card.input_size:d} px, {plain(card.colour)}"
    )


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
        f"{row.title} shows {row.model}, which uses these labels; {card.name} reaches "
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
        "model": st.column_config.TextColumn("Model", pinned=True),
        "title": st.column_config.TextColumn("Title", width="medium"),
        "labels": number("Expressions", format="%d"),
    }


def _show_terms(cards: Sequence[ModelCard]) -> None:
    """Show each statement of terms once, with its models."""
    terms: dict[str, list[str]] = {}
    for card in cards:
        terms.setdefault(card.licence or "Terms not stated.", []).append(card.name)
    st.markdown("\n".join(f"- {', '.join(map(code, names))}: {plain(words)}" for words, names in terms.items()))


def millions_text(count: int | None) -> str:
    """Return a large number in millions."""
    return "an unknown number of" if count is None else f"{count / 1e6:.0f} million"
