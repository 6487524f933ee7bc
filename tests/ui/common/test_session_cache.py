"""Values that a session keeps."""

from __future__ import annotations

import pytest
import streamlit as st

from emotion.errors import InputError
from ui.common.session_cache import clear_session_cache, session_cached


@pytest.fixture(autouse=True)
def empty_session():
    clear_session_cache()
    yield
    clear_session_cache()


def test_a_value_is_computed_once_per_version():
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return len(made)

    assert [session_cached("figure", version, make) for version in ("a", "a", "b", "b", "a")] == [1, 1, 2, 2, 3]
    assert session_cached("other figure", "a", make) == 4


def test_an_error_is_not_kept():
    def fail() -> int:
        raise InputError("no")

    with pytest.raises(InputError):
        session_cached("figure", "a", fail)
    assert session_cached("figure", "a", lambda: 1) == 1


def test_a_run_gets_what_it_made_though_an_overlapping_run_keeps_another_version():
    """The other run replaces the cached value at once, as it may between any two steps of this one."""

    class Overlapped(dict):
        def __setitem__(self, name, value):
            super().__setitem__(name, ("b", "of the other run"))

    st.session_state["kept_values"] = Overlapped()
    assert session_cached("figure", "a", lambda: "of this run") == "of this run"


def test_nothing_is_left_after_forgetting():
    session_cached("figure", "a", lambda: 1)
    clear_session_cache()
    assert session_cached("figure", "a", lambda: 2) == 2
