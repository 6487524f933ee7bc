"""The people editor: a row per track to name it, merge it with another, or hide it.

It uses labelled fields instead of table cells, for keyboards and screen readers.
"""

from __future__ import annotations

import contextlib
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
from ui.video.tabs.page_edits import HasEdits

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


def edit_people(analysis: Analysis, holder: HasEdits, key: str, pictures: Mapping[int, str]) -> None:
    """Show the tracks of an analysis in an editor, which saves every change.

    Args:
        analysis: The analysis without edits.
        holder: Holds the edits.
        key: Prefix of the fields' keys.
        pictures: Faces as data URLs by track.
    """
    st.caption(
        "Name people, merge tracks of the same person, and hide people who should not count. All figures are updated."
    )
    tracks = sorted(summarise(analysis)["tracks"], key=lambda track: -track["seconds"])
    rows = st.container(gap="small")
    shown = _page(tracks, key)
    fields = _Fields(holder, key, [int(one["track_id"]) for one in shown])
    offered = offered_people(analysis.timeline, holder.edits.names)
    with rows:
        for one in shown:
            _ask(one, holder.edits, offered, fields, pictures)
    try:
        fields.edits()
    except InputError as error:
        st.error(plain(error), icon=":material/error:")


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of the tracks that are shown.

    Attributes:
        holder: Holds the edits.
        key: Prefix of the fields' keys.
        tracks: The tracks that are shown.
    """

    holder: HasEdits
    key: str
    tracks: Sequence[int]

    def edits(self) -> Edits:
        """Return the edits with the values of the fields.

        Raises:
            InputError: The merges form a cycle.
        """
        return with_decisions(self.holder.edits, {track: self._decision(track) for track in self.tracks})

    def save(self) -> None:
        """Save the values of the fields, unless their merges form a cycle: the editor then shows the error."""
        with contextlib.suppress(InputError):
            self.holder.edits = self.edits()

    def key_of(self, field: str, track: int) -> str:
        return f"{self.key}_{field}_{track}"

    def _decision(self, track: int) -> Decision:
        name, whole, hidden = (st.session_state[self.key_of(field, track)] for field in ("name", "whole", "hide"))
        return Decision((name or "").strip(), whole or None, hidden)


def _page(tracks: Sequence[dict[str, Any]], key: str) -> Sequence[dict[str, Any]]:
    pages = -(-len(tracks) // PAGE_SIZE)
    if pages < 2:
        return tracks
    with st.container(horizontal=True, vertical_alignment="center"):
        page = st.pagination(pages, key=f"{key}_page_{pages}")
        st.caption(f"{len(tracks):,} tracks, longest seen first.")
    return tracks[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]


def _ask(
    track: Mapping[str, Any], edits: Edits, offered: Sequence[int], fields: _Fields, pictures: Mapping[int, str]
) -> None:
    number = int(track["track_id"])
    who, whole = person_name(number, {}), edits.merged.get(number, _NOBODY)
    others = sorted({_NOBODY, whole, *offered} - {number})
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if number in pictures:
            st.image(pictures[number], width=_FACE_PX, alt=f"The face of {who}")
        st.text_input(
            f"Name of {plain(who)}", edits.names.get(number, ""), max_chars=60, key=fields.key_of("name", number),
            on_change=fields.save, placeholder=who, label_visibility="collapsed", width=220,
        )  # fmt: skip
        st.selectbox(
            f"Merge {plain(who)} into", others, others.index(whole), key=fields.key_of("whole", number),
            on_change=fields.save, format_func=lambda other: _merge_label(other, edits),
            label_visibility="collapsed", width=190, disabled=len(others) == 1,
        )  # fmt: skip
        st.checkbox("Hide", number in edits.hidden, key=fields.key_of("hide", number), on_change=fields.save)
        seen = f"{duration_text(track['seconds'])}, mostly {plain(track['dominant'])}"
        st.caption(f"{plain(who)} · {seen}" if edits.names.get(number) else seen)


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
