"""Keeps the keyboard focus where a visitor expects it."""

from __future__ import annotations

from ui.common.web_modules import component

_mount = component("keyboard_focus", __file__, "focus")


def keep_focus() -> None:
    """Move the focus into opened popovers, and to what replaces a focused control.

    Call it once per run, after the page.
    """
    _mount(key="keyboard_focus")
