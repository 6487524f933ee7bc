"""Reads escaped Markdown of Streamlit elements as a person sees it."""

from __future__ import annotations

import re


def as_shown(text: object) -> str:
    """Return text without the escapes of :func:`ui.common.plain.plain`."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", str(text)).replace("\u2060", "")
