"""Tokens of the HTTP API on the About page: creates, lists and deletes the visitor's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from emotion.dates import day_text
from emotion.errors import LibraryError
from emotion.library import Repository
from emotion.library.owners.tokens import DEFAULT_DAYS, Token, create_token, list_tokens, revoke_token
from ui.access import Visitor
from ui.access.library import own_library
from ui.common.errors import run_action, show_failure
from ui.common.plain import plain
from ui.shell.api_route import api_path, needs_token
from ui.shell.notice import may_analyse, show_notice
from ui.shell.once import forget_result, form_key, last_result, submit_once

WHAT = (
    "Programs can send pictures and videos to this server and fetch the results. `{address}/openapi.json` describes "
    "the HTTP API. A token lets a program act as you, with your library and your limits."
)
OPTIONAL = "Programs on this machine need no token."
ONCE = "Copy this token now; it cannot be shown again later. Anyone who has it can use your library until it expires."
_DAYS = {7: "7 days", DEFAULT_DAYS: f"{DEFAULT_DAYS} days", 365: "1 year"}
_ERROR, _FORM = "token_error", "token_form"


def show_tokens(visitor: Visitor) -> None:
    """Show the visitor's tokens, with a form for a new one.

    Args:
        visitor: The current visitor.
    """
    st.subheader("Programs", anchor=False)
    address = _api_address()
    st.markdown(WHAT.format(address=address) + ("" if needs_token() else f" {OPTIONAL}"))
    try:
        library = own_library()
        tokens = list_tokens(library)
    except LibraryError as failure:
        st.error(f"The library cannot be opened: {plain(failure)}", icon=":material/error:")
        return
    show_failure(_ERROR)
    if text := last_result(_FORM):
        _show_new(text, address)
    for token in tokens:
        _show_token(library, token)
    if not tokens:
        st.caption("You have no tokens.")
    _show_form(library, visitor)


def _show_new(text: str, address: str) -> None:
    st.success(ONCE, icon=":material/key:")
    st.code(text, language=None, wrap_lines=True)
    st.code(_example(text, address), language="bash", wrap_lines=True)
    st.button("I have copied it", icon=":material/check:", on_click=forget_result, args=(_FORM,))


def _example(text: str, address: str) -> str:
    return f'curl -H "Authorization: Bearer {text}" -F file=@photo.jpg {address}/images'


def _show_token(library: Repository, token: Token) -> None:
    used = "never used" if token.used_at is None else f"last used {day_text(token.used_at)}"
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"**{plain(token.name)}**", width="content")
        st.caption(f"expires {day_text(token.expires_at)} · {used}", width="stretch")
        hint = "Programs that use this token lose access at once"
        act: dict[str, Any] = {"on_click": _revoke, "args": (library, token.id)}
        st.button("Delete", key=f"token_{token.id}", icon=":material/delete:", help=hint, **act)


def _show_form(library: Repository, visitor: Visitor) -> None:
    if not may_analyse():
        with st.expander("New token", icon=":material/add:"):
            show_notice(key="token_notice")
        return
    key = form_key(_FORM)
    with st.form(key), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("New token", placeholder="Lab computer", max_chars=80, help="Name in this list")
        days = st.selectbox("Valid for", list(_DAYS), index=1, format_func=_DAYS.__getitem__)
        if st.form_submit_button("Create token", icon=":material/key:"):
            _make(lambda: create_token(library, name, days=days, address=visitor.address)[1], key)


def _make(create: Callable[[], str], key: str) -> None:
    run_action(_ERROR, lambda: submit_once(_FORM, key, create))
    st.rerun()


def _revoke(library: Repository, token_id: str) -> None:
    forget_result(_FORM)
    run_action(_ERROR, lambda: revoke_token(library, token_id))


def _api_address() -> str:
    """Return the address of the API as the visitor's browser reaches this server."""
    parts = urlsplit(st.context.url or "")
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "http://localhost:8501"
    return origin + api_path()
