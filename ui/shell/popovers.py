"""Moves the keyboard focus into popovers."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_mount = st.components.v2.component(
    "popover_focus", js=(Path(__file__).with_name("web") / "popovers.js").read_text(encoding="utf-8")
)


def focus_popovers() -> None:
    """Move the focus into popovers that are opened with the keyboard. Call it once per run, after the page."""
    _mount(key="popover_focus")
