"""Follows links to other pages that are clicked while a popover is open."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_mount = st.components.v2.component(
    "page_links", js=(Path(__file__).with_name("web") / "links.js").read_text(encoding="utf-8")
)


def keep_clicks() -> None:
    """Repeat a click on a link to another page that Streamlit loses because the same click closes a popover.

    Call it once per run, after the page.
    """
    _mount(key="page_links")
