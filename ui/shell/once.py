"""Handles each submission of a form once, although a double click runs the page twice with the same submission."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from ui.common.uploads import session_lock

_FORMS = "forms"


@dataclass(slots=True)
class _Form:
    """Number of handled submissions, and the result of the last one; empty once forgotten."""

    count: int = 0
    result: str = ""


def form_key(name: str) -> str:
    """Return the current key of a form; :func:`submit_once` changes it, so the next form is empty."""
    return f"{name}_{_form(name).count}"


def submit_once(name: str, key: str, make: Callable[[], str]) -> None:
    """Run the action of a submitted form, unless another run has already handled this submission.

    The second click stops the run that handles the first one at its next use of Streamlit. Later runs therefore show
    the result, which :func:`last_result` returns.

    Args:
        name: Name of the form.
        key: The key with which the form was shown.
        make: The action; returns the ID or text of what it created. If it raises, the form can be submitted again.
    """
    form = _form(name)
    with session_lock():
        if key == f"{name}_{form.count}":
            form.result = make()
            form.count += 1


def last_result(name: str) -> str:
    """Return the result of a form's last submission; empty if there is none or it was forgotten."""
    return _form(name).result


def forget_result(name: str) -> None:
    """Forget the result of a form's last submission."""
    _form(name).result = ""


def _form(name: str) -> _Form:
    forms: dict[str, _Form] = st.session_state.setdefault(_FORMS, {})
    return forms.setdefault(name, _Form())
