"""Administration: storage used by each person, and deletion of a person's library."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from emotion.dates import MOMENT_FORMAT
from emotion.errors import LibraryError, count_text
from emotion.library import LOCAL, Library
from emotion.library.owners.erase import erase_owner
from emotion.library.owners.usage import OwnerUsage, list_usage
from ui.access import Visitor, find_visitor
from ui.access.settings import rules
from ui.common.plain import plain
from ui.common.widgets import browser_zone, show_outcome, size_text

_OUTCOME = "people_news"

log = logging.getLogger(__name__)


def show_people(library: Library, visitor: Visitor) -> None:
    """Show each person's number of analyses and storage, and a form to delete a library.

    Args:
        library: The whole library.
        visitor: The administrator.
    """
    show_outcome(_OUTCOME)
    found = list_usage(library)
    if not found:
        st.info("The library is empty.", icon=":material/inventory_2:")
        return
    _show_totals(found)
    names = {person.owner: _display_name(person, visitor) for person in found}
    st.dataframe(
        pd.DataFrame([_row(person, names[person.owner]) for person in found]),
        hide_index=True, column_config=_columns(), placeholder="–",
    )  # fmt: skip
    _offer_deletion(library, {person.owner: person for person in found}, names)


def _offer_deletion(library: Library, found: Mapping[str, OwnerUsage], names: Mapping[str, str]) -> None:
    """Let the administrator choose a person, and confirm the deletion of their library."""
    owner = st.selectbox(
        "Delete the library of", list(found), index=None, format_func=names.__getitem__, key="people_chosen",
        placeholder="Choose a person", width=360,
    )  # fmt: skip
    if owner is None:
        return
    person = found[owner]
    analyses = count_text(person.analyses, "analysis", "analyses")
    st.warning(
        f"**{plain(names[owner])}**: {analyses}, {size_text(person.bytes)}. Timelines, videos, "
        "names, events and tags are deleted. This cannot be undone.",
        icon=":material/delete_forever:",
    )
    st.button("Delete this library", type="primary", on_click=_delete, args=(library, person), key="people_delete")


def show_rules() -> None:
    """Show who has access, according to the settings."""
    present = rules()
    st.subheader("Access", anchor=False)
    if present.is_open:
        st.warning("Everyone with an account at the sign-in service has access.", icon=":material/lock_open:")
    else:
        st.markdown("\n".join(f"- {plain(entry)}" for entry in sorted(present.allowed | present.admins)))
    st.caption("To change this list, edit the server's settings.")


def _show_totals(found: list[OwnerUsage]) -> None:
    count, analyses, size = st.columns(3)
    count.metric("People", len(found))
    analyses.metric("Analyses", f"{sum(person.analyses for person in found):,}")
    size.metric("Storage", size_text(sum(person.bytes for person in found)))


def _display_name(person: OwnerUsage, visitor: Visitor) -> str:
    if person.owner == LOCAL:
        return "Shared, from before sign-in was required"
    name = person.name or "Unnamed person"
    return f"{name} (you)" if person.owner == visitor.owner else name


def _row(person: OwnerUsage, name: str) -> dict[str, object]:
    return {
        "person": name,
        "analyses": person.analyses,
        "size": size_text(person.bytes),
        "newest": None if person.newest_at is None else person.newest_at.astimezone(browser_zone()),
    }


def _columns() -> dict[str, Any]:
    return {
        "person": st.column_config.TextColumn("Person", width="medium"),
        "analyses": st.column_config.NumberColumn("Analyses", format="%d"),
        "size": st.column_config.TextColumn("Storage"),
        "newest": st.column_config.DatetimeColumn("Newest", format=MOMENT_FORMAT),
    }


def _delete(library: Library, person: OwnerUsage) -> None:
    visitor = find_visitor()
    # Permission may have been revoked since the page was drawn.
    if visitor is None or not visitor.is_admin:
        return
    try:
        count = erase_owner(library.for_owner(person.owner))
    except LibraryError as error:
        st.session_state[_OUTCOME] = (False, str(error))
        return
    log.info("an administrator deleted a library of %d analyses", count)
    st.session_state[_OUTCOME] = (True, "The library was deleted.")
