"""How to read a chart: an explanation behind a small button below it."""

from __future__ import annotations

import streamlit as st

LABEL = "How to read this"


def how_to_read(*paragraphs: str) -> None:
    """Show a button that opens an explanation of the chart above it.

    Args:
        *paragraphs: Markdown of this program; empty ones are left out. Text from people goes through
            :func:`ui.common.plain.plain` first.
    """
    with st.popover(LABEL, type="tertiary", icon=":material/help:"):
        st.markdown("\n\n".join(text for text in paragraphs if text))
