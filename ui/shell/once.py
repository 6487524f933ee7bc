"""Makes each submission of a form count once: a double click runs the page twice with the same submission."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from ui.common.uploads import turn

_FORMS = "forms"


@dataclass(slots=True)
class _Form:
    """How many submissions counted, and what the last one made; empty once forgotten."""

    count: int = 0
    made: str = ""


def form_key(name: str) -> str:
    """Return the current key of a form; :func:`make_once` changes it, so the next form is empty."""
    return f"{name}_{_form(name).count}"


def make_once(name: str, key: str, make: Callable[[], str]) -> None:
    """Make what a submitted form asks for, unless another run with this submission has.

    The second click stops the run that makes it, at its next use of Streamlit. So any later run must be able to show
    the result, which :func:`made_by` returns.

    Args:
        name: Name of the form.
        key: The key with which the form was shown.
        make: Makes it and returns its ID or text. If it raises, the form can be submitted again.
    """
    form = _form(name)
    with turn():
        if key == f"{name}_{form.count}":
            form.made = make()
            form.count += 1


def made_by(name: str) -> str:
    """Return what a form made last, or an empty text if it was forgotten."""
    return _form(name).made


def forget_made(name: str) -> None:
    """Forget what a form made last."""
    _form(name).made = ""


def _form(name: str) -> _Form:
    forms: dict[str, _Form] = st.session_state.setdefault(_FORMS, {})
    return forms.setdefault(name, _Form())
