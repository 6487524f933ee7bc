"""The door: who is here, and what is shown to those who may not (yet) come in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from emotion.errors import SettingsError
from ui.access import settings
from ui.access.rules import LOCAL_VISITOR, Refused, Visitor
from ui.common.widgets import plain

CLOSED = (
    "Sign-in is not set up as it must be, so nobody can enter. Who runs this server finds the reason in its log, which "
    "says it when the server starts."
)
NOT_HERE = "There is no such page."
"""What is said of a page that is not for this visitor, as of one that does not exist."""


def find_visitor() -> Visitor | None:
    """Return who is here; None for whoever has to sign in first, or may not enter."""
    try:
        found = _identify()
    except SettingsError:
        return None
    return found if isinstance(found, Visitor) else None


def visitor_or_stop() -> Visitor:
    """Return who is here; for all others, show what they can do about it and end the page."""
    try:
        found = _identify()
        if not isinstance(found, Visitor):
            with st.container(horizontal_alignment="center"), st.container(border=True, width=520):
                _show_sign_in(settings.providers()) if found is None else _show_refused(found)
            st.stop()
    except SettingsError:
        # What exactly is for the log: everybody sees this page.
        st.error(CLOSED, icon=":material/lock:")
        st.stop()
    return found


def admin_or_stop() -> Visitor:
    """Return who is here if they look after this server; for all others, this page is not there."""
    visitor = visitor_or_stop()
    if not visitor.is_admin:
        st.error(NOT_HERE, icon=":material/search_off:")
        st.stop()
    return visitor


def show_account(visitor: Visitor) -> None:
    """Show who is signed in, with the way out; nothing where nobody signs in."""
    if not visitor.signed_in:
        return
    with (
        st.container(horizontal=True, horizontal_alignment="right"),
        st.popover(plain(visitor.name), icon=":material/account_circle:"),
    ):
        st.markdown(f"Signed in as **{plain(visitor.name)}**")
        if visitor.address and visitor.address != visitor.name.casefold():
            st.caption(plain(visitor.address))
        if visitor.is_admin:
            st.caption("You look after this server.")
        _sign_out_button()


def _identify() -> Visitor | Refused | None:
    """Return who is here; None for somebody who has not signed in.

    Raises:
        SettingsError: Nobody can be told from anybody, as the set-up is not complete.
    """
    if not settings.is_required():
        return LOCAL_VISITOR
    return identify(st.user.to_dict())


def identify(claims: dict[str, Any]) -> Visitor | Refused | None:
    """Return whom the claims of a signed-in session tell of; None if they tell of nobody.

    Raises:
        SettingsError: The set-up is not complete.
    """
    settings.providers()
    rules = settings.rules()
    return rules.admit(claims) if claims.get("is_logged_in") is True else None


def _show_sign_in(providers: Sequence[str | None]) -> None:
    st.title("Sign in", anchor=False)
    st.markdown(
        "Everybody has a library of their own here: what you upload, record and find out is seen by you, and by "
        "nobody else who signs in."
    )
    for provider in providers:
        label = "Sign in" if provider is None else f"Sign in with {provider.capitalize()}"
        st.button(
            label, key=f"sign_in_{provider}", type="primary", icon=":material/login:", on_click=_sign_in(provider)
        )


def _sign_in(provider: str | None) -> Any:
    return st.login if provider is None else partial(st.login, provider)


def _show_refused(refused: Refused) -> None:
    st.title("You may not enter", anchor=False)
    st.markdown(f"You are signed in as **{plain(refused.name)}**. {refused.reason}")
    st.markdown("Ask whoever runs this server to add you, or sign in as somebody else.")
    _sign_out_button()


def _sign_out_button() -> None:
    st.button("Sign out", key="sign_out", icon=":material/logout:", on_click=st.logout)
