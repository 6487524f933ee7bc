"""The notice before the first analysis: asks for its purpose and for everyone's consent, once per browser.

Nothing but the built-in sample is analysed before it is answered. The answer of a signed-in person is stored in the
library, anyone else's in a cookie of their browser. ``EMOTION_NOTICE=off`` is for operators who inform people in
another way, such as on paper.
"""

from __future__ import annotations

import logging

import streamlit as st

from emotion.errors import LibraryError
from emotion.library.owners.consent import load_consent, save_consent
from emotion.settings import read_settings
from ui.access import find_visitor
from ui.access.library import library_or_stop
from ui.common.plain import plain
from ui.common.widgets import page_link
from ui.shell.remember import remember, remembered

VERSION = "2026-11-28"
"""Version of :data:`RULES`: people who agreed to another version are asked again."""

CONSENT_LABEL = "Everyone shown knows that their expressions are analysed, and agrees."
"""The consent to confirm."""

TO_CONTINUE = "Choose a purpose and confirm consent to continue."
"""What to do next, unless a page gives its own text."""

RULES = """
- **Inform people and get their consent** before you analyse pictures or videos of them.
- **Not at work, not in education:** prohibited in the European Union, except for medical or safety reasons.
- **Faces are personal data:** collect only what you need, and delete it soon.
- **An expression is not an emotion:** do not base decisions about a person on it.
"""

LAW = """
- **Information:** people exposed to emotion recognition must be informed (EU AI Act, Article 50(3), since 2 August
  2026).
- **Prohibition:** inferring emotions of people at work or in education (AI Act, Article 5(1)(f)).
- **Personal data:** the GDPR requires a legal basis, and special care with health data (Articles 5, 6 and 9).

A summary, not legal advice.
"""

AT_WORK = "work"
PURPOSES = {
    "private": "Private, among people I know",
    "research": "Research, with consent",
    "medical": "Medical or safety reasons",
    "trial": "Testing with sample material",
    "other": "Another lawful purpose",
    AT_WORK: "People at work or in education",
}
"""Purpose → its label."""

PROHIBITED = (
    "In the European Union this is prohibited. For medical or safety reasons, choose that purpose. If your local law "
    "allows it, choose “Another lawful purpose” and inform people first."
)

_PURPOSE = "notice_given_purpose"

log = logging.getLogger(__name__)


def is_on() -> bool:
    """Return whether the notice is enabled.

    Raises:
        SettingsError: ``EMOTION_NOTICE`` is neither on nor off.
    """
    return read_settings().notice == "on"


def may_analyse() -> bool:
    """Return whether the notice is off, or was answered in this browser or by the signed-in person."""
    return not is_on() or purpose() is not None


def is_answered() -> bool:
    """Return whether the notice is on and was answered."""
    return is_on() and purpose() is not None


def purpose() -> str | None:
    """Return the purpose of this session's analyses; None before the notice was answered."""
    if _PURPOSE not in st.session_state:
        st.session_state[_PURPOSE] = _earlier_answer()
    answer: str | None = st.session_state[_PURPOSE]
    return answer


def show_notice(next_step: str = TO_CONTINUE, consent: str = CONSENT_LABEL, key: str = "notice") -> bool:
    """Show the notice unless it was answered, and return whether it was.

    Args:
        next_step: What to do to continue, in one sentence.
        consent: Label of the consent check box.
        key: Key of the check box, unique on the page.
    """
    if may_analyse():
        return True
    chosen = _show_questions(next_step, consent, key)
    if chosen is not None:
        _store_answer(chosen)
        st.rerun()
    return False


def _show_questions(next_step: str, consent: str, key: str) -> str | None:
    """Show the notice, and return the purpose once it is lawful and consent is confirmed."""
    with st.container(border=True):
        st.markdown("**Before the first analysis**")
        st.markdown(RULES)
        chosen = st.pills(
            "What is this analysis for?", list(PURPOSES), format_func=PURPOSES.__getitem__, key=f"{key}_purpose"
        )
        if chosen == AT_WORK:
            st.error(PROHIBITED, icon=":material/block:")
        is_known = st.checkbox(consent, key=key)
        if chosen is not None and chosen != AT_WORK and is_known:
            return chosen
        st.caption(f"{next_step} {_asked_once_text()}")
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.popover("What the law says", icon=":material/gavel:", type="tertiary"):
                st.markdown(LAW)
            page_link("pages/model_card.py", "Accuracy and limits", ":material/fact_check:")
        return None


def show_purpose() -> None:
    """Show the answer in one line, with a button to change it."""
    answer = purpose() if is_on() else None
    if answer is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/verified_user: {PURPOSES.get(answer, plain(answer))} · everyone knows and agrees")
        st.button("Change", type="tertiary", on_click=forget_answer, help="Ask again", key="notice_change")


def forget_answer() -> None:
    """Forget the answer: the notice appears again before the next analysis."""
    st.session_state[_PURPOSE] = None


def keep_answer() -> None:
    """Store the answer in a cookie for visitors who are not signed in. Call it once per run of the app."""
    if is_on() and not _is_signed_in():
        remember(VERSION, purpose())


def _asked_once_text() -> str:
    return "You are asked once." if _is_signed_in() else "You are asked once in this browser; a cookie remembers it."


def _is_signed_in() -> bool:
    visitor = find_visitor()
    return visitor is not None and visitor.signed_in


def _earlier_answer() -> str | None:
    return _from_library() if _is_signed_in() else _from_cookie()


def _from_cookie() -> str | None:
    found = remembered(VERSION)
    return found if found in PURPOSES and found != AT_WORK else None


def _from_library() -> str | None:
    try:
        stored = load_consent(library_or_stop())
    except LibraryError as error:
        log.warning("cannot read the consent: %s", error)
        return None
    return stored.purpose if stored is not None and stored.version == VERSION else None


def _store_answer(chosen: str) -> None:
    st.session_state[_PURPOSE] = chosen
    log.info("the notice was answered", extra={"purpose": chosen, "version": VERSION})
    if _is_signed_in():
        try:
            save_consent(library_or_stop(), chosen, VERSION)
        except LibraryError as error:
            log.warning("cannot store the consent: %s", error)
