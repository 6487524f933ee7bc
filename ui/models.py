"""Shows what is known about a model: its card, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from emotion.analytics.scores import FAMILIES, family_of
from emotion.labels import AFFECTNET, FER2013, FERPLUS
from emotion.types import ModelCard
from ui.widgets import chips, plain

_WHOLE = {whole.name: len(whole.labels) for whole in (FERPLUS, FER2013, AFFECTNET)}


def show_card(card: ModelCard) -> None:
    """Show a model's labels, size, measured scores, training and licence."""
    with st.container(border=True):
        st.markdown(f"**{plain(card.title)}** · `{card.name}`")
        chips(card.labels)
        st.markdown(
            f"{card.parameters / 1e6:.2f} million parameters, {millions_text(card.multiply_adds)} multiply–adds "
            f"for a face, {card.input_size} × {card.input_size} px, {card.colour}"
        )
        if card.scores:
            st.markdown("Measured on the private test sets, on pictures that it never saw:")
            st.table(score_table(card.scores).map("{:.1%}".format))
        st.caption(plain(card.licence))
        if card.training:
            with st.expander("How it was trained"):
                st.json(card.training, expanded=1)


def millions_text(count: int | None) -> str:
    """Return a large number in words."""
    return "an unknown number of" if count is None else f"{count / 1e6:.0f} million"


def score_table(scores: Mapping[str, Any]) -> pd.DataFrame:
    """Return a card's scores, named ``<test set>_<measure>``, with a row per measure and a column per test set."""
    table: dict[str, dict[str, float]] = {}
    for key, score in scores.items():
        test_set, _, measure = key.partition("_")
        if isinstance(score, float):
            column = table.setdefault(labels_title(test_set), {})
            column[measure.replace("_", " ").capitalize().replace("f1", "F1")] = score
    return pd.DataFrame(table)


def labels_title(label_set: str) -> str:
    """Return for people which labels a model was judged by, such as ``"FER+ majority, 3 of 8 classes"``.

    Args:
        label_set: Its name; of a part of a family, with the classes behind it (:func:`emotion.labels.subset_of`).
    """
    family, classes = family_of(label_set), label_set.split("-")[1:]
    if family not in _WHOLE:
        return label_set
    part = f"{len(classes)} of " if classes else ""
    return f"{FAMILIES[family]}, {part}{_WHOLE[family]} classes"
