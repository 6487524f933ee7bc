"""What a person adds to an analysis: names, merged and hidden tracks, baselines, events. The raw data stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from emotion.errors import InputError


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a video, in seconds; a moment where both ends are equal."""

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.start_s <= self.end_s:
            raise InputError(
                f"expected a span from 0 s on that ends after it starts; got {self.start_s}–{self.end_s} s"
            )


@dataclass(frozen=True, slots=True)
class Event:
    """A labelled moment or span.

    Attributes:
        label: In the user's words.
        span: When.
        excluded: Whether every figure leaves this span out: a technical break, a second person.
    """

    label: str
    span: Span
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Edits:
    """Everything a person added to one analysis.

    Attributes:
        names: Track → the person's name.
        merged: Track → the track that it is a part of.
        hidden: Tracks that are left out of everything.
        baselines: Track → the span in which this person is at rest.
        events: In any order.
    """

    names: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    merged: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    hidden: frozenset[int] = frozenset()
    baselines: Mapping[int, Span] = field(default_factory=lambda: MappingProxyType({}))
    events: tuple[Event, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types; the keys of its objects are texts."""
        return {
            "names": {str(track): name for track, name in self.names.items()},
            "merged": {str(track): whole for track, whole in self.merged.items()},
            "hidden": sorted(self.hidden),
            "baselines": {str(track): asdict(span) for track, span in self.baselines.items()},
            "events": [asdict(event) for event in self.events],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Edits:
        """Build from :meth:`to_dict`'s output; what is missing is empty.

        Raises:
            InputError: A span ends before it starts.
        """
        return cls(
            names={int(track): str(name) for track, name in values.get("names", {}).items()},
            merged={int(track): int(whole) for track, whole in values.get("merged", {}).items()},
            hidden=frozenset(int(track) for track in values.get("hidden", ())),
            baselines={int(track): Span(**span) for track, span in values.get("baselines", {}).items()},
            events=tuple(
                Event(str(event["label"]), Span(**event["span"]), bool(event["excluded"]))
                for event in values.get("events", ())
            ),
        )
