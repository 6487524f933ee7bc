"""A double click runs a button's action twice."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
import streamlit as st

from emotion.models.registry import imported_models
from tests.tflite_files import classifier
from ui.lab import own_models, session
from ui.lab.pending_model import PendingModel


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch) -> dict:
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path))
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(own_models, "find_visitor", lambda: SimpleNamespace(may_change_models=True))
    return st.session_state


def note() -> tuple[bool, str]:
    return st.session_state.pop("own_note")


@pytest.mark.slow
def test_a_model_is_added_and_removed_once_without_an_error():
    pending = PendingModel("own.tflite", io.BytesIO(classifier()))
    session.set_pending_model(pending)
    pending.start()
    pending.wait(60)
    assert pending.facts is not None
    for field, value in (("name", "own"), ("order", "FER2013"), ("pixels", "unit")):
        st.session_state[own_models._key(pending, field)] = value
    for _ in range(2):
        own_models._add(pending, pending.facts)
        assert note() == (True, own_models._ADDED.format("own"))
        assert imported_models() == ["own"]
        assert session.pending_model() is None
    for _ in range(2):
        own_models._remove("own")
        assert note() == (True, "own was removed.")
        assert imported_models() == []
