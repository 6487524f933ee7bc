"""Keeps the keyboard focus where a visitor expects it."""

from __future__ import annotations

from pathlib import Path

from ui.common.web_modules import component, joined_modules

_WEB = Path(__file__).with_name("web")

_mount = component("keyboard_focus", __file__, "focus", js=joined_modules(_WEB / "after_runs.js", _WEB / "focus.js"))


def keep_focus() -> None:
    """Move the focus into opened popovers, and to what replaces a focused control.

    Call it once per run, after the page.
    """
    _mount(key="keyboard_focus")
