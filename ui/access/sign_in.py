"""Finds the current visitor; shows the sign-in page to everyone else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from emotion.errors import SettingsError
from ui.access import settings
from ui.access.rules import LOCAL_VISITOR, Refused, Visitor, is_over
from ui.common.plain import plain

CLOSED = "Sign-in is not configured correctly, so nobody can sign in. The server's log has the reason."
NOT_HERE = "Page not found."
"""Shown for pages that this visitor may not see, so that they look like pages that do not exist."""


def find_visitor() -> Visitor | None:
    """Return the current visitor; None for anyone who is not signed in or not allowed."""
    try:
        found = _identify()
    except SettingsError:
        return None
    return found if isinstance(found, Visitor) else None


def visitor_or_stop() -> Visitor:
    """Return the current visitor; show anyone else how to sign in, and stop the page."""
    try:
        found = _identify()
        if not isinstance(found, Visitor):
            with st.container(horizontal_alignment="center"), st.container(border=True, width=520):
                _show_sign_in(settings.providers()) if found is None else _show_refused(found)
            st.stop()
    except SettingsError:
        # The details go to the log only: everyone can see this page.
        st.error(CLOSED, icon=":material/lock:")
        st.stop()
    return found


def admin_or_stop() -> Visitor:
    """Return the current visitor if they are an administrator; show anyone else :data:`NOT_HERE`, and stop the page."""
    visitor = visitor_or_stop()
    if not visitor.is_admin:
        st.error(NOT_HERE, icon=":material/search_off:")
        st.stop()
    return visitor


def show_account(visitor: Visitor) -> None:
    """Show who is signed in, with a button to sign out; nothing if sign-in is off."""
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
            st.caption("You are an administrator of this server.")
        _sign_out_button()


def _identify() -> Visitor | Refused | None:
    """Return the current visitor, or why they are refused; None if they have not signed in.

    Raises:
        SettingsError: Sign-in is not configured completely.
    """
    if not settings.is_required():
        return LOCAL_VISITOR
    return identify(st.user.to_dict())


def identify(claims: dict[str, Any]) -> Visitor | Refused | None:
    """Return the visitor that a session's claims identify, or why they are refused; None if not signed in.

    A sign-in ends when the provider's token expires. Streamlit keeps no refresh token, so people have to sign in again.
    The provider does not ask for a password if they are still signed in there.

    Raises:
        SettingsError: Sign-in is not configured completely.
    """
    settings.providers()
    rules = settings.rules()
    is_signed_in = claims.get("is_logged_in") is True and not is_over(claims, time.time())
    return rules.admit(claims) if is_signed_in else None


def _show_sign_in(providers: Sequence[str | None]) -> None:
    st.title("Sign in", anchor=False)
    if st.user.to_dict().get("is_logged_in"):
        st.info("Your sign-in has ended. Sign in again to continue.", icon=":material/schedule:")
    st.markdown(
        "Everyone has their own library here. Others who sign in cannot see what you upload, record or analyse."
    )
    for provider in providers:
        label = "Sign in" if provider is None else f"Sign in with {plain(provider.capitalize())}"
        st.button(
            label, key=f"sign_in_{provider}", type="primary", icon=":material/login:", on_click=_sign_in(provider)
        )


def _sign_in(provider: str | None) -> Any:
    return st.login if provider is None else partial(st.login, provider)


def _show_refused(refused: Refused) -> None:
    st.title("No access", anchor=False)
    st.markdown(f"You are signed in as **{plain(refused.name)}**. {plain(refused.reason)}")
    st.markdown("Ask the administrator of this server to add you, or sign in with another account.")
    _sign_out_button()


def _sign_out_button() -> None:
    st.button("Sign out", key="sign_out", icon=":material/logout:", on_click=st.logout)
