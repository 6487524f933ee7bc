"""Shows running and queued analyses with progress and cancel, and interrupted ones with resume."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from emotion.errors import UnknownAnalysisError
from emotion.library import Entry, Repository, State
from emotion.library.jobs.queue import cancel, places_in_queue, resume
from ui.common.errors import fragment, run_action, show_failure
from ui.common.plain import plain
from ui.common.previews import preview_of
from ui.common.widgets import duration_text
from ui.video.growing import show_growing

POLL_INTERVAL_S = 0.5
IDLE_POLL_INTERVAL_S = 2.0
"""While nothing runs: many waiting visitors must not take time from running analyses."""

SHOWN = 10
"""Entries shown in full; the rest are counted."""

ACTIVE = (State.RUNNING, State.QUEUED)
BROKEN = (State.INTERRUPTED, State.FAILED)

_ERROR = "queue_error"


def show_queue(library: Repository) -> None:
    """Show running, queued and interrupted analyses."""
    show_failure(_ERROR)
    active = library.search(states=ACTIVE, sort="created", limit=SHOWN)
    if active.total:
        is_running = any(entry.state is State.RUNNING for entry in active.entries)
        fragment(run_every=POLL_INTERVAL_S if is_running else IDLE_POLL_INTERVAL_S)(_follow)(
            library, _known(active.entries)
        )
    for entry in library.search(states=BROKEN, sort="-created", limit=SHOWN).entries:
        _show_broken(library, entry)


def _follow(library: Repository, known: tuple[tuple[str, State], ...]) -> None:
    """Show progress in a fragment; rerun the page when an analysis starts or ends."""
    with st.container(border=True):
        active = library.search(states=ACTIVE, sort="created", limit=SHOWN)
        if _known(active.entries) != known:
            st.rerun()
        places = places_in_queue(library)
        for entry in active.entries:
            _show_active(library, entry, places.get(entry.id, 0))
        if active.total > len(active.entries):
            st.caption(f"… and {active.total - len(active.entries):,} more queued.")


def _known(entries: Sequence[Entry]) -> tuple[tuple[str, State], ...]:
    return tuple((entry.id, entry.state) for entry in entries)


def _show_active(library: Repository, entry: Entry, place: int) -> None:
    picture, words, button = st.columns([1, 9, 2], vertical_alignment="center")
    if preview := preview_of(library, entry):
        picture.image(preview, width=84, alt="A frame of the video")
    if entry.state is State.RUNNING:
        words.progress(entry.share, f"**{plain(entry.title)}** · {_progress_text(entry)}")
        label, hint = "Stop", "Stop and keep the results so far"
    else:
        words.markdown(f"**{plain(entry.title)}** · {_place(place)}")
        label, hint = "Remove", "Remove from the queue"
    button.button(
        label, key=f"stop_{entry.id}", help=hint, icon=":material/stop:", width="stretch",
        on_click=_guarded, args=(partial(cancel, library, entry.id),),
    )  # fmt: skip
    if entry.state is State.RUNNING:
        show_growing(library, entry)


def _progress_text(entry: Entry) -> str:
    if not entry.done:
        return "starting …"
    left = "" if entry.remaining_s is None else f" · {duration_text(entry.remaining_s)} left"
    return f"{entry.done:,} of about {entry.total:,} frames · {entry.rate:,.0f} frames/s{left}"


def _place(place: int) -> str:
    return "Starting soon" if not place else f"Queued ({_ordinal(place)})"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _show_broken(library: Repository, entry: Entry) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/warning: **{plain(entry.title)}** · {plain(entry.note)}", width="stretch")
        if entry.can_resume:
            st.button(
                "Resume", key=f"resume_{entry.id}", icon=":material/play_arrow:",
                on_click=_guarded, args=(partial(_resume, library, entry.id),),
            )  # fmt: skip
        st.button(
            "Delete", key=f"drop_{entry.id}", icon=":material/delete:",
            on_click=_guarded, args=(partial(library.delete, entry.id),),
        )  # fmt: skip


def _resume(library: Repository, analysis_id: str) -> None:
    """Queue an interrupted analysis again, unless the first click of a double click has."""
    if library.get(analysis_id).state not in ACTIVE:
        resume(library, analysis_id)


def _guarded(action: Callable[[], None]) -> None:
    """Run a button's action.

    If the analysis is gone, another page or the first click of a double click deleted it.
    """

    def unless_gone() -> None:
        with contextlib.suppress(UnknownAnalysisError):
            action()

    run_action(_ERROR, unless_gone)
