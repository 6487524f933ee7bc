"""Values that a session keeps."""

from __future__ import annotations

import pytest
import streamlit as st

from emotion.errors import InputError
from ui.common.kept import forget_kept, kept


@pytest.fixture(autouse=True)
def empty_session():
    forget_kept()
    yield
    forget_kept()


def test_a_value_is_computed_once_per_version():
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return len(made)

    assert [kept("figure", version, make) for version in ("a", "a", "b", "b", "a")] == [1, 1, 2, 2, 3]
    assert kept("other figure", "a", make) == 4


def test_an_error_is_not_kept():
    def fail() -> int:
        raise InputError("no")

    with pytest.raises(InputError):
        kept("figure", "a", fail)
    assert kept("figure", "a", lambda: 1) == 1


def test_a_run_gets_what_it_made_though_an_overlapping_run_keeps_another_version():
    """The other run replaces the kept value at once, as it may between any two steps of this one."""

    class Overlapped(dict):
        def __setitem__(self, name, value):
            super().__setitem__(name, ("b", "of the other run"))

    st.session_state["kept_values"] = Overlapped()
    assert kept("figure", "a", lambda: "of this run") == "of this run"


def test_nothing_is_left_after_forgetting():
    kept("figure", "a", lambda: 1)
    forget_kept()
    assert kept("figure", "a", lambda: 2) == 2
