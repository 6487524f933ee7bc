"""Mounts the player, and keeps its position and marked events in sync with the page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import streamlit as st

from emotion.analytics.apply import merged_into
from emotion.analytics.edits import Edits, Span
from emotion.drawing.boxes import text_colour
from emotion.labels import ANSWER_COLOURS, SHORT, UNCLEAR
from emotion.telemetry.one_line import one_line
from emotion.types import Analysis, FloatArray
from ui.common.web_modules import joined_modules, keep_value
from ui.player.pack import pack
from ui.player.serve import captions_url, data_url, picture_url, video_url

_WEB = Path(__file__).with_name("web")
_LABEL_LENGTH = 200
"""Longest name of an event, in characters."""

_MODULES = (
    "timeline",
    "axis",
    "people",
    "playback",
    "lanes",
    "overlay",
    "signals",
    "chart",
    "keys",
    "naming",
    "player",
    "main",
)


@dataclass(frozen=True, slots=True)
class Marked:
    """A moment or span that was marked in the player.

    Attributes:
        id: Unique id from the browser.
        span: Start and end; equal for a moment.
        label: Its name; empty if it has none.
    """

    id: str
    span: Span
    label: str = ""


@dataclass(frozen=True, slots=True)
class PlayerState:
    """What the player reports.

    Attributes:
        time_s: Position in seconds; while playing, where it last paused; None before its first report.
        events: Events marked since the last run; each is reported once, and again when it gets a name.
    """

    time_s: float | None
    events: tuple[Marked, ...]


def player_module() -> str:
    """Return the player's modules joined into one."""
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
    lanes: Sequence[Mapping[str, Any]] = (),
    signals: Callable[[], bytes] | None = None,
) -> PlayerState:
    """Show a video with its timeline.

    It reruns its page or fragment when it pauses at another time and when something is marked, never while it plays.

    Args:
        source: A video that browsers can play; None if only the timeline was kept.
        analysis: An analysis with at least one analysed frame.
        edits: Names, merged and hidden tracks, and events to show.
        key: Key of the player.
        time_s: Time to move to now, in seconds; None to stay.
        captions: WebVTT captions.
        faces: Track → face as a PNG data URL, for its lane.
        meshes: See :func:`ui.player.pack.pack`; None disables the mesh layer.
        lanes: Signals that may be shown below each person's expressions; see :func:`ui.player.signals.offered_lanes`.
        signals: Packs them (:func:`ui.player.signals.pack_signals`); called once a lane is chosen.

    Raises:
        InputError: The video is empty, or merges are circular.
    """
    packed = pack(analysis, meshes)
    memory = _memory_of(key, hashlib.sha256(packed).hexdigest())
    said = st.session_state.get(memory.key) or {}
    stand = memory.stand(time_s, said.get("rest"))
    # The browser shows its own marks until the page does, in the next run.
    taken = sorted(memory.taken)
    events = memory.take(said.get("events") or [])
    chosen = [str(lane) for lane in said.get("lanes") or []]
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
        "lanes": [dict(lane) for lane in lanes],
        "chosen": chosen,
        "signals": data_url(signals(), f"{key}-signals") if chosen and signals is not None else None,
    }
    _mount(
        key=memory.key, data=data, on_rest_change=keep_value, on_events_change=keep_value, on_lanes_change=keep_value
    )  # fmt: skip
    return PlayerState(stand["time_s"], events)


def forget_player(key: str) -> None:
    """Forget the state of a player."""
    st.session_state.pop(_memory_key(key), None)


def _memory_key(key: str) -> str:
    return f"{key}_memory"


def _memory_of(key: str, digest: str) -> _Memory:
    """Return the player's memory; another analysis gets a new player."""
    memory: _Memory | None = st.session_state.get(_memory_key(key))
    if memory is None or memory.digest != digest:
        memory = st.session_state[_memory_key(key)] = _Memory(f"{key}-{digest[:16]}", digest)
    return memory


class _Memory:
    """The session's state of one player.

    Attributes:
        key: The component's key.
        digest: Digest of the packed analysis.
        taken: Id → name of all events that the page has received.
    """

    def __init__(self, key: str, digest: str) -> None:
        self.key, self.digest = key, digest
        self.taken: dict[str, str] = {}
        self._moves = 0
        self._at_s: float | None = None
        self._said: Mapping[str, Any] | None = None

    def stand(self, ordered_s: float | None, said: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the player's position, with a counter that increases with every move the page orders.

        Args:
            ordered_s: Time to move to, in seconds; None to stay.
            said: The player's last report: ``time_s``, its number, and the last move it knew. Repeated reports and
                reports from before the last move are ignored.
        """
        if said is not None and said != self._said and said["move"] == self._moves:
            self._said, self._at_s = dict(said), float(said["time_s"])
        if ordered_s is not None:
            self._moves, self._at_s = self._moves + 1, float(ordered_s)
        return {"move": self._moves, "time_s": self._at_s}

    def take(self, marked: list[Mapping[str, Any]]) -> tuple[Marked, ...]:
        """Return the events that are new or got a name, out of all marked since the player was opened."""
        events = [_marked(event) for event in marked]
        new = tuple(event for event in events if self.taken.get(event.id) != event.label)
        self.taken |= {event.id: event.label for event in new}
        return new


def _marked(event: Mapping[str, Any]) -> Marked:
    label = one_line(str(event.get("label") or ""))[:_LABEL_LENGTH]
    return Marked(str(event["id"]), Span(float(event["start_s"]), float(event["end_s"])), label)


def _people(edits: Edits) -> dict[str, Any]:
    return {
        "names": {str(track): name for track, name in edits.names.items()},
        "whole": {str(track): whole for track, whole in merged_into(edits.merged).items()},
        "hidden": sorted(edits.hidden),
    }


def _event(label: str, span: Span, excluded: bool) -> dict[str, Any]:
    return {"label": label, "start_s": span.start_s, "end_s": span.end_s, "excluded": excluded}


def _colour(label: str) -> list[str]:
    return [ANSWER_COLOURS[label], text_colour(ANSWER_COLOURS[label]), SHORT[label]]
