"""Reads binary samples as a receiver does that knows only the description in ``emotion/streams/wire.py``."""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np

from emotion.streams.samples import Person


class Received(NamedTuple):
    frame_index: int
    time_s: float
    unix_s: float
    faces: int
    people: tuple[Person, ...]


def from_bytes(content: bytes, channels: int) -> Received:
    _, count, faces, frame_index, time_s, unix_s = struct.unpack_from("<BBHIdd", content)
    people, place = [], 24
    for _ in range(count):
        slot, track_id = struct.unpack_from("<Ii", content, place)
        people.append(Person(slot, track_id, np.frombuffer(content, "<f4", channels, place + 8)))
        place += 8 + 4 * channels
    return Received(frame_index, time_s, unix_s, faces, tuple(people))
