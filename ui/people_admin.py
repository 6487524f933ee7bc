"""For those who look after the server: who has how much, and the end of a person's library."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd
import streamlit as st

from emotion.errors import LibraryError
from emotion.library import LOCAL, Library
from emotion.library.people import Person, people
from emotion.library.wipe import wipe
from ui.access import Visitor, admin_or_stop
from ui.access.settings import rules
from ui.widgets import browser_zone, plain, size_text

_NEWS = "people_news"

log = logging.getLogger(__name__)


def show_people(library: Library, visitor: Visitor) -> None:
    """Show everybody with their analyses and bytes, and let one be chosen whose library is to be deleted.

    Args:
        library: Of everybody.
        visitor: Who looks at it.
    """
    if news := st.session_state.pop(_NEWS, None):
        st.success(news, icon=":material/check_circle:")
    found = people(library)
    if not found:
        st.info("Nobody has anything here yet.", icon=":material/inventory_2:")
        return
    _show_totals(found)
    picked = st.dataframe(
        pd.DataFrame([_row(person, visitor) for person in found]),
        hide_index=True, column_config=_columns(), on_select="rerun", selection_mode="single-row", placeholder="–",
        # The key follows what is listed: a choice must not slip to another person.
        key=f"people_{hash(tuple(person.owner for person in found))}",
    )  # fmt: skip
    chosen = [found[row] for row in picked.selection.rows]
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Delete library", icon=":material/delete:", disabled=not chosen):
            _confirm(library, chosen[0], _called(chosen[0], visitor))
        if not chosen:
            st.caption("Choose a person by the box at the left.")


def show_rules() -> None:
    """Show who may enter, as the settings say."""
    present = rules()
    st.subheader("Who may enter", anchor=False)
    if present.is_open:
        st.warning("Everybody with an account at the sign-in service may enter.", icon=":material/lock_open:")
    else:
        st.markdown("\n".join(f"- {plain(entry)}" for entry in sorted(present.allowed | present.admins)))
    st.caption("The list stands in this server's settings, not here.")


def _show_totals(found: list[Person]) -> None:
    count, analyses, size = st.columns(3)
    count.metric("People", len(found))
    analyses.metric("Analyses", f"{sum(person.analyses for person in found):,}")
    size.metric("Storage", size_text(sum(person.bytes for person in found)))


def _called(person: Person, visitor: Visitor) -> str:
    if person.owner == LOCAL:
        return "This machine, before people signed in"
    name = person.name or "Somebody without a name"
    return f"{name} (you)" if person.owner == visitor.owner else name


def _row(person: Person, visitor: Visitor) -> dict[str, object]:
    return {
        "person": _called(person, visitor),
        "analyses": person.analyses,
        "size": size_text(person.bytes),
        "newest": None if person.newest_at is None else person.newest_at.astimezone(browser_zone()),
    }


def _columns() -> dict[str, Any]:
    return {
        "person": st.column_config.TextColumn("Person", width="large"),
        "analyses": st.column_config.NumberColumn("Analyses", format="%d"),
        "size": st.column_config.TextColumn("Storage"),
        "newest": st.column_config.DatetimeColumn("Newest", format="calendar"),
    }


@st.dialog("Delete a library for good?")
def _confirm(library: Library, person: Person, called: str) -> None:
    st.markdown(
        f"**{plain(called)}**: {person.analyses:,} analyses, {size_text(person.bytes)}. Timelines, videos, names, "
        "events and tags are deleted. Nothing can bring them back."
    )
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", icon=":material/delete_forever:"):
            _delete(library, person)
        if st.button("Keep"):
            st.rerun()


def _delete(library: Library, person: Person) -> None:
    # A dialog runs without its page, and with it without the page's question who is there.
    admin_or_stop()
    try:
        with st.spinner("Stopping what runs, and deleting …"):
            count = wipe(library, person.owner)
    except LibraryError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    log.info("an administrator deleted a library of %d analyses", count)
    st.session_state[_NEWS] = "The library was deleted."
    st.rerun()
