"""Colours of text in charts that the theme does not reach."""

INKS = {False: "#1D2030", True: "#E9EAF2"}
"""Text of the light and of the dark theme, as in ``.streamlit/config.toml``; a chart cannot inherit it."""
