"""Inside the models: commands that fill the views which this server has no data for."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ui.common.plain import plain


def show_missing(missing: Mapping[str, str]) -> None:
    """Show how to add missing views, folded away; nothing if none is missing.

    Args:
        missing: Title of each missing view → how to add it, as Markdown of this program.
    """
    if not missing:
        return
    with st.expander("Add more views", icon=":material/terminal:"):
        for title, how in missing.items():
            st.markdown(f"**{plain(title)}**")
            st.markdown(how)
