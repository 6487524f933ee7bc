"""Who is who: a row for each track, with its face, to name it, to join it to another and to hide it.

Each is a field of its own, not a cell of a table: it can be reached and filled with the keyboard alone, and a
screen reader tells whom it is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from emotion.analytics.apply import merged_into
from emotion.analytics.edits import Edits
from emotion.analytics.people import offered_people, person_name
from emotion.analytics.summary import summarise
from emotion.errors import InputError
from emotion.types import Analysis
from ui.common.widgets import duration_text, plain

PAGE_SIZE = 8
"""Tracks at once; those seen longest come first."""

_FACE_PX = 48
_NOBODY = 0
"""Stands for nobody else; tracks are numbered from 1."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about a track.

    Attributes:
        name: The person's; empty for none.
        whole: The track that it is a part of; None for none.
        hidden: Whether it counts nowhere.
    """

    name: str = ""
    whole: int | None = None
    hidden: bool = False


def edit_people(analysis: Analysis, edits: Edits, key: str, pictures: Mapping[int, str]) -> Edits:
    """Show the tracks of an analysis for naming, joining and hiding, and return the edits as they are now.

    Args:
        analysis: As it was made; edits are never applied twice.
        edits: What was decided until now.
        key: Names these fields within the visit.
        pictures: Faces as data URLs, by track.
    """
    st.caption("Name people, join tracks that are the same person, and hide who does not count. Every figure follows.")
    tracks = sorted(summarise(analysis)["tracks"], key=lambda track: -track["seconds"])
    offered = offered_people(analysis.timeline, edits.names)
    rows = st.container(gap="small")
    shown = _page(tracks, key)
    with rows:
        decisions = {one["track_id"]: _ask(one, edits, offered, key, pictures) for one in shown}
    try:
        return with_decisions(edits, decisions)
    except InputError as error:
        st.error(str(error), icon=":material/error:")
        return edits


def _page(tracks: Sequence[dict[str, Any]], key: str) -> Sequence[dict[str, Any]]:
    pages = -(-len(tracks) // PAGE_SIZE)
    if pages < 2:
        return tracks
    with st.container(horizontal=True, vertical_alignment="center"):
        page = st.pagination(pages, key=f"{key}_page_{pages}")
        st.caption(f"{len(tracks):,} tracks, those seen longest first.")
    return tracks[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]


def _ask(
    track: Mapping[str, Any], edits: Edits, offered: Sequence[int], key: str, pictures: Mapping[int, str]
) -> Decision:
    number = int(track["track_id"])
    who, whole = person_name(number, {}), edits.merged.get(number, _NOBODY)
    others = sorted({_NOBODY, whole, *offered} - {number})
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if number in pictures:
            st.image(pictures[number], width=_FACE_PX, alt=f"The face of {who}")
        name = st.text_input(
            f"Name of {who}", edits.names.get(number, ""), max_chars=60, key=f"{key}_name_{number}",
            placeholder=who, label_visibility="collapsed", width=220,
        )  # fmt: skip
        same = st.selectbox(
            f"{who} is the same as", others, others.index(whole), key=f"{key}_whole_{number}",
            format_func=lambda other: "is nobody else" if other == _NOBODY else f"is {person_name(other, edits.names)}",
            label_visibility="collapsed", width=190, disabled=len(others) == 1,
        )  # fmt: skip
        hidden = st.checkbox("Hide", number in edits.hidden, key=f"{key}_hide_{number}")
        seen = f"{duration_text(track['seconds'])}, mostly {track['dominant']}"
        st.caption(f"{plain(who)} · {seen}" if edits.names.get(number) else seen)
    return Decision((name or "").strip(), same or None, hidden)


def with_decisions(edits: Edits, decisions: Mapping[int, Decision]) -> Edits:
    """Return edits with what was decided about some tracks; the others stay as they are.

    Raises:
        InputError: Tracks are merged in a circle.
    """
    names = {track: name for track, name in edits.names.items() if track not in decisions}
    merged = {track: whole for track, whole in edits.merged.items() if track not in decisions}
    for track, decision in decisions.items():
        if decision.name:
            names[track] = decision.name
        if decision.whole not in {None, track}:
            merged[track] = decision.whole
    merged_into(merged)
    hidden = (edits.hidden - decisions.keys()) | {track for track, decision in decisions.items() if decision.hidden}
    return replace(edits, names=names, merged=merged, hidden=frozenset(hidden))
