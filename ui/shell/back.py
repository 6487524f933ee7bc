"""Makes the browser's back button leave a page at the first press."""

from __future__ import annotations

from ui.common.web_modules import component

_mount = component("back_button", __file__, "back")


def keep_back_button() -> None:
    """Keep one step per page in the browser's history, also if a page adds what it opens to its address.

    Call it once per run, after the page.
    """
    _mount(key="back_button")
