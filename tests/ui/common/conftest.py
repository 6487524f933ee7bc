"""Fixtures for overlapping runs of a page."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st

from tests.ui.common.long_call import LongCall


@pytest.fixture
def session_state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session state that several threads can use without a page."""
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


@pytest.fixture
def call() -> LongCall:
    return LongCall()
