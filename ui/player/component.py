"""Mounts the player and keeps its conversation with the page: where it stands, and what was marked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import streamlit as st

from emotion.analytics.apply import merged_into
from emotion.analytics.edits import Edits, Span
from emotion.drawing.boxes import text_colour
from emotion.labels import ANSWER_COLOURS, UNCLEAR
from emotion.types import Analysis, FloatArray
from ui.common.web_modules import joined_modules
from ui.player.pack import pack
from ui.player.serve import captions_url, data_url, picture_url, video_url

_WEB = Path(__file__).with_name("web")
_MODULES = ("timeline", "people", "playback", "lanes", "overlay", "chart", "keys", "player", "main")


@dataclass(frozen=True, slots=True)
class Marked:
    """A moment or span that was marked in the player.

    Attributes:
        id: Given by the browser; no two are the same.
        span: When.
    """

    id: str
    span: Span


@dataclass(frozen=True, slots=True)
class PlayerState:
    """What the player says.

    Attributes:
        time_s: Where it stands, in seconds; where it last stood still while it plays; None before it has said so.
        events: What was marked since the last time; each is told once.
    """

    time_s: float | None
    events: tuple[Marked, ...]


def player_module() -> str:
    """Return the player's modules as one."""
    return joined_modules(*(_WEB / f"{name}.js" for name in _MODULES))


_mount = st.components.v2.component(
    "expression_player",
    html=(_WEB / "player.html").read_text(encoding="utf-8"),
    css=(_WEB / "player.css").read_text(encoding="utf-8"),
    js=player_module(),
)


def show_player(
    source: str | Path | None,
    analysis: Analysis,
    *,
    edits: Edits,
    key: str,
    time_s: float | None = None,
    captions: str | None = None,
    faces: Mapping[int, str] = MappingProxyType({}),
    meshes: FloatArray | None = None,
) -> PlayerState:
    """Show a video with its timeline.

    It reruns its page, or the fragment that it stands in, when it has come to rest at another moment
    and when something is marked; never while it just plays.

    Args:
        source: A video that browsers play, or None where only its timeline was kept.
        analysis: With at least one analysed frame.
        edits: Names, merged and hidden tracks and events, as they shall be shown.
        key: Names this player within the visit.
        time_s: Where it shall move to now, in seconds; None in all runs in which it shall stay where it is.
        captions: WebVTT, for the video to show when they are switched on.
        faces: Track → its face as a data URL of a PNG, for its lane.
        meshes: See :func:`ui.player.pack.pack`; without them that layer cannot be switched on.

    Raises:
        InputError: The video is empty, or tracks are merged in a circle.
    """
    packed = pack(analysis, meshes)
    memory = _memory_of(key, hashlib.sha256(packed).hexdigest())
    said = st.session_state.get(memory.key) or {}
    stand = memory.stand(time_s, said.get("rest"))
    # The browser shows what it marked until the page does, which is in the next run.
    taken = sorted(memory.taken)
    events = memory.take(said.get("events") or [])
    data = {
        "video": None if source is None else video_url(Path(source), f"{key}-video"),
        "timeline": data_url(packed, f"{key}-timeline"),
        "people": _people(edits),
        "events": [_event(event.label, event.span, event.excluded) for event in edits.events],
        "taken": taken,
        "stand": stand,
        "captions": None if captions is None else captions_url(captions, f"{key}-captions"),
        "faces": {str(track): picture_url(face, f"{key}-face-{track}") for track, face in faces.items()},
        "colours": {label: _colour(label) for label in (*analysis.labels, UNCLEAR)},
    }
    _mount(key=memory.key, data=data, on_rest_change=_note, on_events_change=_note)
    return PlayerState(stand["time_s"], events)


def forget_player(key: str) -> None:
    """Forget what a visit remembers of a player, whose video is gone."""
    st.session_state.pop(_memory_key(key), None)


def _note() -> None:
    """Streamlit keeps a value only if something is called for it."""


def _memory_key(key: str) -> str:
    return f"{key}_memory"


def _memory_of(key: str, digest: str) -> _Memory:
    """Return what is remembered; another analysis gets another player."""
    memory: _Memory | None = st.session_state.get(_memory_key(key))
    if memory is None or memory.digest != digest:
        memory = st.session_state[_memory_key(key)] = _Memory(f"{key}-{digest[:16]}", digest)
    return memory


class _Memory:
    """What a visit remembers of one player.

    Attributes:
        key: The component's key.
        digest: Of what it shows.
        taken: Ids of all events that the page was told of.
    """

    def __init__(self, key: str, digest: str) -> None:
        self.key, self.digest = key, digest
        self.taken: set[str] = set()
        self._moves = 0
        self._at_s: float | None = None
        self._said: Mapping[str, Any] | None = None

    def stand(self, ordered_s: float | None, said: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return where the player stands, with a number that changes when it is told to move.

        Args:
            ordered_s: What the page says now.
            said: What the player said last: ``time_s``, which of its rests that was, and after which move. The same
                again is no news, and one from before the last move is none any more.
        """
        if said is not None and said != self._said and said["move"] == self._moves:
            self._said, self._at_s = dict(said), float(said["time_s"])
        if ordered_s is not None:
            self._moves, self._at_s = self._moves + 1, float(ordered_s)
        return {"move": self._moves, "time_s": self._at_s}

    def take(self, marked: list[Mapping[str, Any]]) -> tuple[Marked, ...]:
        """Return what was not taken before of all that was marked since the player was opened."""
        new = [event for event in marked if str(event["id"]) not in self.taken]
        self.taken |= {str(event["id"]) for event in new}
        return tuple(Marked(str(event["id"]), Span(float(event["start_s"]), float(event["end_s"]))) for event in new)


def _people(edits: Edits) -> dict[str, Any]:
    return {
        "names": {str(track): name for track, name in edits.names.items()},
        "whole": {str(track): whole for track, whole in merged_into(edits.merged).items()},
        "hidden": sorted(edits.hidden),
    }


def _event(label: str, span: Span, excluded: bool) -> dict[str, Any]:
    return {"label": label, "start_s": span.start_s, "end_s": span.end_s, "excluded": excluded}


def _colour(label: str) -> list[str]:
    return [ANSWER_COLOURS[label], text_colour(ANSWER_COLOURS[label])]
