"""The two forms of a sample on a WebSocket.

JSON: ``{"type": "frame", "frame_index", "time_s", "unix_s", "faces", "people": [{"slot", "track_id", "values"}]}``,
with ``null`` for unknown values.

Binary, little-endian: version (uint8, 1), number of people (uint8), faces (uint16), frame_index (uint32), time_s
(float64), unix_s (float64); then for each person slot (uint32), track_id (int32) and the channels as float32, NaN for
unknown values.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

from emotion.streams.samples import Channel, Person, Sample

VERSION = 1
_HEAD, _PERSON = struct.Struct("<BBHIdd"), struct.Struct("<Ii")


def header_text(channels: Sequence[Channel], people: int, about: dict[str, str]) -> str:
    """Return the first message of a connection."""
    listed = [{"name": channel.name, "unit": channel.unit, "kind": channel.kind} for channel in channels]
    return json.dumps({"type": "header", "version": VERSION, "people": people, "channels": listed} | about)


def to_json(sample: Sample, unix_s: float, names: Sequence[str]) -> str:
    """Return a sample as text."""
    people = [
        {"slot": person.slot, "track_id": person.track_id, "values": _named(person, names)}
        for person in sample.people
        if person is not None
    ]
    facts: dict[str, Any] = {"frame_index": sample.frame_index, "time_s": sample.time_s, "unix_s": unix_s}
    return json.dumps({"type": "frame", **facts, "faces": sample.faces, "people": people})


def to_bytes(sample: Sample, unix_s: float) -> bytes:
    """Return a sample as bytes."""
    people = [person for person in sample.people if person is not None]
    head = _HEAD.pack(VERSION, len(people), sample.faces, sample.frame_index, sample.time_s, unix_s)
    return b"".join(
        [head, *(_PERSON.pack(one.slot, one.track_id) + one.values.astype("<f4").tobytes() for one in people)]
    )


def _named(person: Person, names: Sequence[str]) -> dict[str, float | None]:
    values = person.values.tolist()
    return {name: value if value == value else None for name, value in zip(names, values, strict=True)}  # noqa: PLR0124
