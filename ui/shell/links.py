"""Keeps what a click on a link to another page or on a tab changes, such as what was typed in a field."""

from __future__ import annotations

from ui.common.web_modules import component

_mount = component("page_links", __file__, "links")


def keep_changes() -> None:
    """Follow a link to another page, or open a tab, only when the server knows what the same click changed.

    Call it once per run, after the page.
    """
    _mount(key="page_links")
