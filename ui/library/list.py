"""The list of analyses: search, sort, and actions on selected rows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

import streamlit as st

from emotion.errors import EmotionError, UnknownAnalysisError
from emotion.library import Entry, Repository
from ui.common.entries import show_entries
from ui.common.plain import plain
from ui.common.tables import csv_button
from ui.common.widgets import page_link
from ui.video.demo import show_demo_button
from ui.video.open_analysis import summary_table
from ui.video.session import open_analysis

PAGE_SIZE = 25

SORT_NAMES = {
    "-created": "Newest first",
    "created": "Oldest first",
    "-recorded": "Recently recorded",
    "title": "Title",
    "-duration": "Longest first",
    "-size": "Largest first",
}

_PAGE, _DONE = "library_page", "library_news"


def show_list(library: Repository) -> None:
    """Show a page of search results with actions."""
    _show_done()
    if not library.search(limit=1).total:
        _show_empty()
        return
    text, tags, sort = _choose_query(library)
    found = library.search(text, tags=tags, sort=sort, limit=PAGE_SIZE, offset=_page() * PAGE_SIZE)
    if not found.entries and _page():
        st.session_state[_PAGE] = max((found.total - 1) // PAGE_SIZE, 0)
        st.rerun()
    if not found.total:
        st.info("No analysis matches these words and tags.", icon=":material/search_off:")
        return
    st.caption(
        "Click a row to open it. Tick boxes to name, tag or delete. With the keyboard, go to a row, then to a button "
        "below."
    )
    picked = show_entries(library, found.entries, "library_rows", choose=True)
    if picked.opened is not None:
        open_analysis(picked.opened.id)
    _show_actions(library, picked.chosen)
    with st.container(horizontal=True, vertical_alignment="center"):
        _show_pages(found.total)
        # All results of the search, not only this page; read on click.
        csv_button(
            "Analyses",
            lambda: summary_table(library.search(text, tags=tags, sort=sort, limit=found.total).entries),
            "library_csv",
        )


def _show_empty() -> None:
    st.info("No video was analysed yet.", icon=":material/inventory_2:")
    with st.container(horizontal=True, vertical_alignment="center"):
        show_demo_button()
        page_link("pages/video.py", "Analyse a video", ":material/movie:")


def _choose_query(library: Repository) -> tuple[str, list[str], str]:
    """Return search text, tags and order."""
    words, wanted, order = st.columns([3, 3, 2])
    text = words.text_input(
        "Search", placeholder="Titles, files, tags, people, events", on_change=_first_page,
        icon=":material/search:", label_visibility="collapsed", key="library_text", persist_state="session",
    )  # fmt: skip
    tags = library.tags()
    chosen = wanted.multiselect(
        "Tags", list(tags), format_func=lambda tag: f"{tag} ({tags.get(tag, 0)})", on_change=_first_page,
        placeholder="Tags" if tags else "No tags yet", disabled=not tags, label_visibility="collapsed",
        key="library_tags", persist_state="session",
    )  # fmt: skip
    sort = order.selectbox(
        "Order", list(SORT_NAMES), format_func=SORT_NAMES.__getitem__, on_change=_first_page,
        label_visibility="collapsed", key="library_sort", persist_state="session",
    )  # fmt: skip
    return text, chosen, sort


def _show_actions(library: Repository, chosen: Sequence[Entry]) -> None:
    one = len(chosen) == 1
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Open", icon=":material/play_circle:", type="primary", disabled=not one):
            open_analysis(chosen[0].id)
        if st.button("Name and tags", icon=":material/edit:", disabled=not one):
            _edit(library, chosen[0])
        if st.button("Delete", icon=":material/delete:", disabled=not chosen):
            _confirm_delete(library, chosen)


@st.dialog("Name and tags")
def _edit(library: Repository, entry: Entry) -> None:
    title = st.text_input("Title", entry.title, max_chars=200)
    tags = st.multiselect(
        "Tags", sorted({*library.tags(), *entry.tags}), entry.tags, accept_new_options=True,
        placeholder="Choose or type",
    )  # fmt: skip
    st.caption(f"Uploaded as {plain(entry.source)}.")
    if st.button("Save", type="primary", disabled=not title.strip()):
        _run_in_dialog(lambda: _save(library, entry, title, tags), "Saved.")


@st.dialog("Delete permanently?")
def _confirm_delete(library: Repository, chosen: Sequence[Entry]) -> None:
    names = [entry.title for entry in chosen]
    st.markdown("\n".join(f"- {plain(name)}" for name in names[:8]) + ("\n- …" if len(names) > 8 else ""))
    st.markdown("Timeline, video, names, events and tags are deleted. This cannot be undone.")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", icon=":material/delete_forever:"):
            _run_in_dialog(lambda: _delete(library, chosen), f"Deleted {len(chosen)}.")
        if st.button("Keep"):
            st.rerun()


def _save(library: Repository, entry: Entry, title: str, tags: Sequence[str]) -> None:
    library.rename(entry.id, title)
    library.tag(entry.id, tags)


def _delete(library: Repository, chosen: Sequence[Entry]) -> None:
    for entry in chosen:
        # One that is gone was deleted on another page.
        with contextlib.suppress(UnknownAnalysisError):
            library.delete(entry.id)


def _run_in_dialog(action: Callable[[], None], done: str) -> None:
    """Run an action and close the dialog around it; if it fails, show the error in the dialog."""
    try:
        action()
    except EmotionError as error:
        st.error(plain(error), icon=":material/error:")
        return
    st.session_state[_DONE] = done
    st.rerun()


def _show_done() -> None:
    if done := st.session_state.pop(_DONE, None):
        st.toast(plain(done), icon=":material/check:")


def _page() -> int:
    return int(st.session_state.setdefault(_PAGE, 0))


def _first_page() -> None:
    st.session_state[_PAGE] = 0


def _turn_page(by: int) -> None:
    st.session_state[_PAGE] = _page() + by


def _show_pages(total: int) -> None:
    last = (total - 1) // PAGE_SIZE
    first = _page() * PAGE_SIZE
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{first + 1:,}–{min(first + PAGE_SIZE, total):,} of {total:,}")
        if last:
            st.button("Previous", icon=":material/chevron_left:", disabled=not _page(), on_click=_turn_page, args=(-1,))
            st.button("Next", icon=":material/chevron_right:", disabled=_page() >= last, on_click=_turn_page, args=(1,))
