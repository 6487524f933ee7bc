"""Theme colours that Altair charts cannot inherit."""

from __future__ import annotations

from typing import Literal

import streamlit as st

_TEXT_COLOURS = {"light": "#10121F", "dark": "#E9EAF2"}


def colour_scheme() -> Literal["light", "dark"]:
    """Return the visitor's theme."""
    return "dark" if st.context.theme.type == "dark" else "light"


def chart_text_colour() -> str:
    """Return the text colour of the visitor's theme, as in ``.streamlit/config.toml``."""
    return _TEXT_COLOURS[colour_scheme()]
