"""Keeps the keyboard focus where a visitor expects it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_mount = st.components.v2.component(
    "keyboard_focus", js=(Path(__file__).with_name("web") / "focus.js").read_text(encoding="utf-8")
)


def keep_focus() -> None:
    """Move the focus into opened popovers, and to what replaces a focused control.

    Call it once per run, after the page.
    """
    _mount(key="keyboard_focus")
