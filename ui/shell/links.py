"""Follows links to other pages that are clicked while a popover is open."""

from __future__ import annotations

from pathlib import Path

from ui.common.web_modules import component, joined_modules

_WEB = Path(__file__).with_name("web")

_mount = component("page_links", __file__, "links", js=joined_modules(_WEB / "after_runs.js", _WEB / "links.js"))


def keep_clicks() -> None:
    """Repeat a click on a link to another page that Streamlit loses because the same click closes a popover.

    Call it once per run, after the page.
    """
    _mount(key="page_links")
