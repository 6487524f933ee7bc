"""Takes the keyboard into panels that open over the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_mount = st.components.v2.component(
    "popover_focus", js=(Path(__file__).with_name("web") / "popovers.js").read_text(encoding="utf-8")
)


def lead_into_popovers() -> None:
    """Move the focus into each popover that a key opens. Call it once per run of the app, after the page."""
    _mount(key="popover_focus")
