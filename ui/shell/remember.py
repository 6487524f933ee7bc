"""Stores the answer to the notice in a cookie."""

from __future__ import annotations

import streamlit as st
from streamlit import config

from ui.common.web_modules import component

NAME = "expression_notice"
"""Name of the cookie."""

DAYS = 365
"""How long a browser keeps it."""

_mount = component("remembered_answer", __file__, "remember")


def remembered(version: str) -> str | None:
    """Return the value of the cookie when the session began; None without one, or if it is of another version.

    The browser may send anything: check that the value is a valid answer.

    Args:
        version: Version of the question.
    """
    kept, _, value = dict(st.context.cookies).get(NAME, "").partition("/")
    return value if kept == version and value else None


def remember(version: str, value: str | None) -> None:
    """Store a value in the cookie, or delete it; does nothing if the session began with this value.

    Args:
        version: Version of the question.
        value: Letters, digits, dashes and underscores; None deletes the cookie.
    """
    if value != remembered(version):
        path = f"/{config.get_option('server.baseUrlPath').strip('/')}"
        text = f"{version}/{value}" if value else ""
        _mount(key="remembered_answer", data={"name": NAME, "value": text, "path": path, "days": DAYS})
