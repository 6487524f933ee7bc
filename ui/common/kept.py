"""Values that a session computes once and keeps until what they are computed from changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")

_KEPT = "kept_values"


def kept(name: str, version: object, make: Callable[[], T]) -> T:
    """Return the value that ``make`` computed for this version; compute it only if the version has changed.

    Args:
        name: Name of the value; the session keeps one version of it.
        version: What the value is computed from; compared with ``==``.
        make: Computes the value. If it raises, nothing is kept.
    """
    values = st.session_state.setdefault(_KEPT, {})
    if name not in values or values[name][0] != version:
        values[name] = (version, make())
    value: T = values[name][1]
    return value


def forget_kept() -> None:
    """Drop all kept values of this session."""
    st.session_state.pop(_KEPT, None)
