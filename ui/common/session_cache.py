"""Caches values in the session until their inputs change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")

_KEPT = "kept_values"


def session_cached(name: str, version: object, make: Callable[[], T]) -> T:
    """Return a cached value, or compute it if its version has changed.

    Args:
        name: Name of the value; only its latest version is cached.
        version: Inputs of the value, compared with ``==``.
        make: Computes the value; if it raises, nothing is cached.
    """
    values = st.session_state.setdefault(_KEPT, {})
    found = values.get(name)
    if found is None or found[0] != version:
        # Not read back from the session, where another run may have stored its own version in the meantime.
        found = values[name] = (version, make())
    value: T = found[1]
    return value


def clear_session_cache() -> None:
    """Drop all cached values of this session."""
    st.session_state.pop(_KEPT, None)
