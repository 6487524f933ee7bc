"""Pages run without models: the service is patched, and caches start empty."""

from __future__ import annotations

import pytest
import streamlit as st

from tests.fakes import FakeAnalyzer


@pytest.fixture(autouse=True)
def empty_caches():
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def analyzer(monkeypatch) -> FakeAnalyzer:
    fake = FakeAnalyzer()
    monkeypatch.setattr("ui.resources.load_analyzer", lambda: fake)
    return fake
