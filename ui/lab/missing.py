"""Inside the models: commands that fill the views which this server has nothing for."""

from __future__ import annotations

import streamlit as st

from ui.common.plain import plain
from ui.lab import data, face_parts, search


def show_missing() -> None:
    """Show how to add what is missing, folded away; nothing if all is there."""
    missing = {
        "Face parts": None if face_parts.has_part_models() else face_parts.HOW,
        "Architecture search": None if search.has_candidates() else search.HOW,
        "Training data": None if data.has_data_sets() else data.HOW,
    }
    if all(how is None for how in missing.values()):
        return
    with st.expander("Add more views", icon=":material/terminal:"):
        for title, how in missing.items():
            if how is not None:
                st.markdown(f"**{plain(title)}**")
                st.markdown(how)
