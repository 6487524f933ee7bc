"""A user's edits of an analysis: names, merged and hidden tracks, baselines, events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from emotion.errors import InputError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Span:
    """A time span, s; a moment if both ends are equal."""

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
        label: The user's text.
        span: Its time.
        excluded: Whether figures leave this span out, such as a technical break.
    """

    label: str
    span: Span
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Edits:
    """All edits of one analysis.

    Attributes:
        names: Track → the person's name.
        merged: Track → the track that it belongs to.
        hidden: Tracks that are left out.
        baselines: Track → a span in which the face is at rest.
        events: In any order.
    """

    names: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    merged: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    hidden: frozenset[int] = frozenset()
    baselines: Mapping[int, Span] = field(default_factory=lambda: MappingProxyType({}))
    events: tuple[Event, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "names": {str(track): name for track, name in self.names.items()},
            "merged": {str(track): whole for track, whole in self.merged.items()},
            "hidden": sorted(self.hidden),
            "baselines": {str(track): asdict(span) for track, span in self.baselines.items()},
            "events": [asdict(event) for event in self.events],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Edits:
        """Build from :meth:`to_dict`'s output; missing keys are empty.

        Raises:
            InputError: A span ends before it starts.
            LookupError, TypeError, ValueError, AttributeError: The values have another structure.
        """
        return cls(
            names={_track(track): _of(str, name) for track, name in values.get("names", {}).items()},
            merged={_track(track): _track(whole) for track, whole in values.get("merged", {}).items()},
            hidden=frozenset(_track(track) for track in values.get("hidden", ())),
            baselines={_track(track): Span(**span) for track, span in values.get("baselines", {}).items()},
            events=tuple(
                Event(str(event["label"]), Span(**event["span"]), _of(bool, event["excluded"]))
                for event in values.get("events", ())
            ),
        )


def _track(value: Any) -> int:
    """Return the number of a track, which is text where it is the key of a JSON object."""
    if int(value) != float(value):
        raise ValueError(f"expected the number of a track; got {value!r}")
    return int(value)


def _of(kind: type[_T], value: Any) -> _T:
    """Return a value of a type; a cast would turn the text ``false`` into True."""
    if not isinstance(value, kind):
        raise TypeError(f"expected a {kind.__name__}; got {value!r}")
    return value
