"""Fixtures of the page tests: an analyzer without models, empty caches, an empty library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from emotion.library import Library
from emotion.vision.encode import write_video
from tests.fakes import FakeAnalyzer
from ui.common.memory import freeze_loaded_objects


@pytest.fixture(autouse=True)
def empty_caches():
    st.cache_data.clear()
    st.cache_resource.clear()
    freeze_loaded_objects()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def analyzer(monkeypatch) -> FakeAnalyzer:
    fake = FakeAnalyzer()
    monkeypatch.setattr("ui.common.resources.load_analyzer", lambda: fake)
    return fake


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short video without a face."""
    pictures = [np.full((48, 64, 3), 8 * index, np.uint8) for index in range(5)]
    return write_video(tmp_path_factory.mktemp("video") / "grey.mp4", pictures, fps=25)


@pytest.fixture
def library(tmp_path, monkeypatch) -> Iterator[Library]:
    """An empty library without a dispatcher."""
    opened = Library.open(f"sqlite:///{tmp_path / 'library.db'}", str(tmp_path / "storage"))
    monkeypatch.setattr("ui.access.library._opened", lambda: (opened, None))
    yield opened
    opened.close()
