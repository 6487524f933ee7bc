"""Shows what is being analysed and what waits, with progress and cancel; and what broke off, with a way to go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from emotion.errors import LibraryError
from emotion.library import Entry, Repository, State
from emotion.library.jobs.queue import cancel, places_in_queue, resume
from ui.common.errors import fragment
from ui.common.widgets import duration_text, plain

LOOK_S = 0.5
"""Between two looks at what runs."""
PATIENT_S = 2.0
"""Between two looks where all of it waits: many who wait must not keep the server from those who run."""

SHOWN = 10
"""So many are shown one by one; of the rest the number."""

ACTIVE = (State.RUNNING, State.QUEUED)
BROKEN = (State.INTERRUPTED, State.FAILED)

_ERROR = "queue_error"


def show_queue(library: Repository) -> None:
    """Show everything that runs or waits, and everything that broke off."""
    if reason := st.session_state.pop(_ERROR, None):
        st.error(plain(reason), icon=":material/error:")
    active = library.search(states=ACTIVE, sort="created", limit=SHOWN)
    if active.total:
        runs = any(entry.state is State.RUNNING for entry in active.entries)
        fragment(run_every=LOOK_S if runs else PATIENT_S)(_follow)(library, _known(active.entries))
    for entry in library.search(states=BROKEN, sort="-created", limit=SHOWN).entries:
        _show_broken(library, entry)


def _follow(library: Repository, known: tuple[tuple[str, State], ...]) -> None:
    """Show progress without running the rest of the page, until something begins or ends."""
    with st.container(border=True):
        active = library.search(states=ACTIVE, sort="created", limit=SHOWN)
        if _known(active.entries) != known:
            st.rerun()
        places = places_in_queue(library)
        for entry in active.entries:
            _show_active(library, entry, places.get(entry.id, 0))
        if active.total > len(active.entries):
            st.caption(f"… and {active.total - len(active.entries):,} more that wait.")


def _known(entries: Sequence[Entry]) -> tuple[tuple[str, State], ...]:
    return tuple((entry.id, entry.state) for entry in entries)


def _show_active(library: Repository, entry: Entry, place: int) -> None:
    words, button = st.columns([6, 1], vertical_alignment="center")
    if entry.state is State.RUNNING:
        words.progress(entry.share, f"**{plain(entry.title)}** · {_how_far(entry)}")
        label, hint = "Stop", "Stop and keep what is done"
    else:
        words.markdown(f"**{plain(entry.title)}** · {_place(place)}")
        label, hint = "Remove", "Take it out of the queue"
    button.button(
        label, key=f"stop_{entry.id}", help=hint, icon=":material/stop:", width="stretch",
        on_click=_guarded, args=(partial(cancel, library, entry.id),),
    )  # fmt: skip


def _how_far(entry: Entry) -> str:
    if not entry.done:
        return "starting …"
    left = "" if entry.remaining_s is None else f" · {duration_text(entry.remaining_s)} left"
    return f"{entry.done:,} of about {entry.total:,} frames · {entry.rate:,.0f} frames/s{left}"


def _place(place: int) -> str:
    return "about to start" if not place else f"waits, number {place} in the queue"


def _show_broken(library: Repository, entry: Entry) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/warning: **{plain(entry.title)}** · {plain(entry.note)}", width="stretch")
        if entry.can_resume:
            st.button(
                "Resume", key=f"resume_{entry.id}", icon=":material/play_arrow:",
                on_click=_guarded, args=(partial(resume, library, entry.id),),
            )  # fmt: skip
        st.button(
            "Delete", key=f"drop_{entry.id}", icon=":material/delete:",
            on_click=_guarded, args=(partial(library.delete, entry.id),),
        )  # fmt: skip


def _guarded(act: Callable[[], None]) -> None:
    """Do what a button asks for; what stands in the way is said on the page, where callbacks cannot show it."""
    try:
        act()
    except LibraryError as error:
        st.session_state[_ERROR] = str(error)
