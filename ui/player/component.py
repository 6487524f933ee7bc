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
from emotion.labels import answer_styles
from emotion.telemetry.one_line import one_line
from emotion.types import Analysis
from ui.common.web_modules import component, joined_modules, keep_value
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
    "controls",
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
        time_s: Position in seconds; while playing, that of the last pause; None before the first report.
        events: Events marked since the last run; each is reported once, and again when it gets a name.
    """

    time_s: float | None
    events: tuple[Marked, ...]


def player_module() -> str:
    """Return the player's modules joined into one."""
    return joined_modules(*(_WEB / f"{name}.js" for name in _MODULES))


_mount = component("expression_player", __file__, "player", js=player_module())


def show_player(
    source: str | Path | None,
    analysis: Analysis,
    *,
    edits: Edits,
    key: str,
    time_s: float | None = None,
    captions: str | None = None,
    faces: Mapping[int, str] = MappingProxyType({}),
    lanes: Sequence[Mapping[str, Any]] = (),
    signals: Callable[[], bytes] | None = None,
) -> PlayerState:
    """Show a video with its timeline.

    The player reruns its page or fragment if it pauses at a new time or something is marked, but not while it plays.

    Args:
        source: A video that browsers can play; None if only the timeline was kept.
        analysis: An analysis with at least one analysed frame.
        edits: Names, merged and hidden tracks, and events to show.
        key: Key of the player.
        time_s: Time to move to now, in seconds; None to stay.
        captions: WebVTT captions.
        faces: Track → face as a PNG data URL, for its lane.
        lanes: Signals that may be shown below each person's expressions; see :func:`ui.player.signals.offered_lanes`.
        signals: Packs the signals (:func:`ui.player.signals.pack_signals`); called once a lane is chosen.

    Raises:
        InputError: The video is empty, or merges are circular.
    """
    packed = pack(analysis)
    memory = _memory_of(key, hashlib.sha256(packed).hexdigest())
    sent = st.session_state.get(memory.key) or {}
    position = memory.position(time_s, sent.get("position"))
    # The browser shows its own marks until the page does, in the next run.
    received = sorted(memory.received)
    chosen = [str(lane) for lane in sent.get("lanes") or []]
    data = {
        "video": None if source is None else video_url(Path(source), f"{key}-video"),
        "timeline": data_url(packed, f"{key}-timeline"),
        "people": _people(edits),
        "events": [_event(event.label, event.span, event.excluded) for event in edits.events],
        "received": received,
        "position": position,
        "captions": None if captions is None else captions_url(captions, f"{key}-captions"),
        "faces": {str(track): picture_url(face, f"{key}-face-{track}") for track, face in faces.items()},
        "colours": answer_styles(analysis.labels),
        "lanes": [dict(lane) for lane in lanes],
        "chosen": chosen,
        "signals": data_url(signals(), f"{key}-signals") if chosen and signals is not None else None,
    }
    _mount(
        key=memory.key, data=data,
        on_position_change=keep_value, on_events_change=keep_value, on_lanes_change=keep_value,
    )  # fmt: skip
    # Last, because a click stops this run at its next use of Streamlit, and events count as received from here on.
    return PlayerState(position["time_s"], memory.receive(sent.get("events") or []))


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
    """A player's state in the session.

    Attributes:
        key: The component's key.
        digest: Digest of the packed analysis.
        received: Id → name of all events that the page has received.
    """

    def __init__(self, key: str, digest: str) -> None:
        self.key, self.digest = key, digest
        self.received: dict[str, str] = {}
        self._moves = 0
        self._time_s: float | None = None
        self._last_report: Mapping[str, Any] | None = None

    def position(self, target_s: float | None, report: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the player's position, with a counter that increases whenever the page moves the player.

        Args:
            target_s: Time to move to, in seconds; None to stay.
            report: The player's last report: ``time_s``, ``count`` (its number) and ``move`` (the last move that the
                player knew). Repeated reports and reports from before the last move are ignored.
        """
        if report is not None and report != self._last_report and report["move"] == self._moves:
            self._last_report, self._time_s = dict(report), float(report["time_s"])
        if target_s is not None:
            self._moves, self._time_s = self._moves + 1, float(target_s)
        return {"move": self._moves, "time_s": self._time_s}

    def receive(self, marked: list[Mapping[str, Any]]) -> tuple[Marked, ...]:
        """Return the events that are new or got a name, out of all marked since the player was opened."""
        events = [_marked(event) for event in marked]
        new = tuple(event for event in events if self.received.get(event.id) != event.label)
        self.received |= {event.id: event.label for event in new}
        return new


def _marked(event: Mapping[str, Any]) -> Marked:
    label = one_line(str(event.get("label") or ""))[:_LABEL_LENGTH]
    return Marked(str(event["id"]), Span(float(event["start_s"]), float(event["end_s"])), label)


def _people(edits: Edits) -> dict[str, Any]:
    return {
        "names": {str(track): name for track, name in edits.names.items()},
        "merged": {str(track): merged for track, merged in merged_into(edits.merged).items()},
        "hidden": sorted(edits.hidden),
    }


def _event(label: str, span: Span, excluded: bool) -> dict[str, Any]:
    return {"label": label, "start_s": span.start_s, "end_s": span.end_s, "excluded": excluded}
