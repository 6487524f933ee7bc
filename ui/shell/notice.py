"""The notice before the first analysis: what has to be so, and for what the analysis is. Asked once, and quietly.

Nothing is analysed before it was answered, except for the sample that comes with the program. Whoever signs in is
remembered in the library, others for their visit. ``EMOTION_NOTICE=off`` is for whoever informs and asks people in
another way, such as on paper.
"""

from __future__ import annotations

import logging
import os

import streamlit as st

from emotion.errors import LibraryError, SettingsError
from emotion.library.owners.consent import load_consent, save_consent
from ui.access import find_visitor
from ui.access.library import library_or_stop
from ui.common.widgets import page_link

VERSION = "2026-11"
"""Of the words below: who agreed to others is asked again."""

KNOWN = "Everyone shown knows that their expressions are analysed, and agrees."
"""What has to be ticked."""

WORDS = """
- :material/diversity_3: **They know, and agree.** In the European Union, whoever is exposed to a system that reads
  emotions must be told (AI Act, Article 50(3), since 2 August 2026).
- :material/gavel: **Not at work, not in education.** Inferring emotions there is prohibited in the European Union,
  save for medical or safety reasons (Article 5(1)(f)).
- :material/shield_person: **Faces are personal data.** The GDPR asks for a legal basis, for little and not for long,
  and for special care where health shows (Articles 5, 6 and 9).
- :material/balance: **An expression is not a feeling.** Decide nothing about a person by it.
"""

AT_WORK = "work"
PURPOSES = {
    "private": "Private, among people I know",
    "research": "Research, with consent",
    "medical": "Medical or safety reasons",
    "trial": "Trying it out, with material made for that",
    "other": "Something else that is allowed",
    AT_WORK: "People at work or in education",
}
"""For what → in words."""

PROHIBITED = (
    "In the European Union this is prohibited. If it is for medical or safety reasons, choose these; where the law of "
    "another place allows it, choose “something else”, and tell the people first."
)

_PURPOSE = "notice_given_purpose"

log = logging.getLogger(__name__)


def is_on() -> bool:
    """Return whether there is a notice at all.

    Raises:
        SettingsError: ``EMOTION_NOTICE`` is neither on nor off.
    """
    given = (os.environ.get("EMOTION_NOTICE") or "on").lower()
    if given not in {"on", "off"}:
        raise SettingsError(f"expected EMOTION_NOTICE to be on or off; got {given!r}")
    return given == "on"


def may_analyse() -> bool:
    """Return whether the notice was answered, in this visit or, by somebody who signs in, on another day."""
    return not is_on() or purpose() is not None


def purpose() -> str | None:
    """Return for what this visit analyses; None before the notice was answered."""
    if _PURPOSE not in st.session_state:
        st.session_state[_PURPOSE] = _remembered()
    given: str | None = st.session_state[_PURPOSE]
    return given


def show_notice(waiting: str, consent: str = KNOWN, key: str = "notice") -> bool:
    """Ask what has to be asked, unless it was answered, and return whether it is.

    Args:
        waiting: What goes on when it is answered, in one sentence.
        consent: What has to be ticked.
        key: Of the tick; another one for each place of a page.
    """
    if may_analyse():
        return True
    chosen = _ask(waiting, consent, key)
    if chosen is not None:
        _note(chosen)
        st.rerun()
    return False


def _ask(waiting: str, consent: str, key: str) -> str | None:
    """Show the notice, and return for what, once that is allowed and everything is ticked."""
    with st.container(border=True):
        st.markdown("**Before the first analysis**")
        st.markdown(WORDS)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("In short, and not legal advice. You are asked once.", width="content")
            page_link("pages/model_card.py", "How well it reads which faces", ":material/fact_check:")
        chosen = st.pills("For what?", list(PURPOSES), format_func=PURPOSES.__getitem__, key=f"{key}_purpose")
        if chosen == AT_WORK:
            st.error(PROHIBITED, icon=":material/block:")
        is_known = st.checkbox(consent, key=key)
        if chosen is not None and chosen != AT_WORK and is_known:
            return chosen
        st.caption(waiting)
        return None


def show_purpose() -> None:
    """Show in one line what was answered, with the way to change it."""
    given = purpose() if is_on() else None
    if given is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/verified_user: {PURPOSES.get(given, given)} · everyone knows and agrees")
        st.button("Change", type="tertiary", on_click=_ask_again, help="Be asked again", key="notice_change")


def _remembered() -> str | None:
    visitor = find_visitor()
    if visitor is None or not visitor.signed_in:
        return None
    try:
        said = load_consent(library_or_stop())
    except LibraryError as error:
        log.warning("consent could not be loaded: %s", error)
        return None
    return said.purpose if said is not None and said.version == VERSION else None


def _note(chosen: str) -> None:
    st.session_state[_PURPOSE] = chosen
    log.info("the notice was answered", extra={"purpose": chosen, "version": VERSION})
    visitor = find_visitor()
    if visitor is not None and visitor.signed_in:
        try:
            save_consent(library_or_stop(), chosen, VERSION)
        except LibraryError as error:
            log.warning("consent could not be saved: %s", error)


def _ask_again() -> None:
    st.session_state[_PURPOSE] = None
