"""The people editor: a row per track to name it, merge it with another, or hide it.

It uses labelled fields instead of table cells, for keyboards and screen readers.
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
from ui.common.plain import plain
from ui.common.widgets import duration_text

PAGE_SIZE = 8
"""Tracks per page, longest seen first."""

_FACE_PX = 48
_NOBODY = 0
"""The choice of not merging; tracks are numbered from 1."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The edits of one track.

    Attributes:
        name: The person's name; empty for none.
        merged_into: The track it is merged into; None for none.
        hidden: Whether it is left out of every figure.
    """

    name: str = ""
    merged_into: int | None = None
    hidden: bool = False


def edit_people(analysis: Analysis, edits: Edits, key: str, pictures: Mapping[int, str]) -> Edits:
    """Show the tracks of an analysis in an editor, and return the changed edits.

    Args:
        analysis: The analysis without edits.
        edits: The current edits.
        key: Prefix of the fields' keys.
        pictures: Faces as data URLs by track.
    """
    st.caption(
        "Name people, merge tracks of the same person, and hide people who should not count. All figures are updated."
    )
    tracks = sorted(summarise(analysis)["tracks"], key=lambda track: -track["seconds"])
    offered = offered_people(analysis.timeline, edits.names)
    rows = st.container(gap="small")
    shown = _page(tracks, key)
    with rows:
        decisions = {one["track_id"]: _ask(one, edits, offered, key, pictures) for one in shown}
    try:
        return with_decisions(edits, decisions)
    except InputError as error:
        st.error(plain(error), icon=":material/error:")
        return edits


def _page(tracks: Sequence[dict[str, Any]], key: str) -> Sequence[dict[str, Any]]:
    pages = -(-len(tracks) // PAGE_SIZE)
    if pages < 2:
        return tracks
    with st.container(horizontal=True, vertical_alignment="center"):
        page = st.pagination(pages, key=f"{key}_page_{pages}")
        st.caption(f"{len(tracks):,} tracks, longest seen first.")
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
            f"Name of {plain(who)}", edits.names.get(number, ""), max_chars=60, key=f"{key}_name_{number}",
            placeholder=who, label_visibility="collapsed", width=220,
        )  # fmt: skip
        same = st.selectbox(
            f"Merge {plain(who)} into", others, others.index(whole), key=f"{key}_whole_{number}",
            format_func=lambda other: _merge_label(other, edits),
            label_visibility="collapsed", width=190, disabled=len(others) == 1,
        )  # fmt: skip
        hidden = st.checkbox("Hide", number in edits.hidden, key=f"{key}_hide_{number}")
        seen = f"{duration_text(track['seconds'])}, mostly {plain(track['dominant'])}"
        st.caption(f"{plain(who)} · {seen}" if edits.names.get(number) else seen)
    return Decision((name or "").strip(), same or None, hidden)


def _merge_label(other: int, edits: Edits) -> str:
    return "Not merged" if other == _NOBODY else f"Merge into {person_name(other, edits.names)}"


def with_decisions(edits: Edits, decisions: Mapping[int, Decision]) -> Edits:
    """Return edits with the decisions about some tracks applied; other tracks keep theirs.

    Raises:
        InputError: The merges form a cycle.
    """
    names = {track: name for track, name in edits.names.items() if track not in decisions}
    merged = {track: target for track, target in edits.merged.items() if track not in decisions}
    for track, decision in decisions.items():
        if decision.name:
            names[track] = decision.name
        if decision.merged_into not in {None, track}:
            merged[track] = decision.merged_into
    merged_into(merged)
    hidden = (edits.hidden - decisions.keys()) | {track for track, decision in decisions.items() if decision.hidden}
    return replace(edits, names=names, merged=merged, hidden=frozenset(hidden))
