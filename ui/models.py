"""Shows what is known about a model: its card, for people."""

from __future__ import annotations

from typing import Any

import streamlit as st

from emotion.types import ModelCard
from ui.widgets import chips


def show_card(card: ModelCard) -> None:
    """Show a model's size, labels, measured scores, training and licence."""
    with st.container(border=True):
        st.markdown(f"**{card.title}** · `{card.name}`")
        with st.container(horizontal=True, gap="small"):
            st.metric("Parameters", f"{card.parameters / 1e6:.2f} M", border=True, width=180)
            st.metric("Multiply–adds per face", f"{card.multiply_adds / 1e6:.0f} M", border=True, width=220)
            for name, score in card.scores.items():
                if isinstance(score, float):
                    st.metric(_words(name), _figure(score), border=True, width=220)
        chips(card.labels)
        st.caption(f"Licence: {card.licence}")
        if card.training:
            with st.expander("How it was trained"):
                st.json(card.training)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _figure(score: Any) -> str:
    return f"{score:.1%}" if 0 <= score <= 1 else f"{score:,.2f}"
