"""Slots, values and clock of a stream, and the two encodings on a WebSocket."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.analytics.timeline import timeline_of
from emotion.streams.samples import Sample, Slots, channels_of
from emotion.streams.stream_clock import StreamClock
from emotion.streams.wire import header_text, to_bytes, to_json
from tests.streams.receiver import from_bytes
from tests.streams.results import FPS, LABELS, face, result

CHANNELS = channels_of(LABELS)
NAMES = [channel.name for channel in CHANNELS]


def test_values_are_those_of_the_timeline() -> None:
    [first, second] = Slots(2).people_of(result(3, (1, 2)))
    table = timeline_of(result(3, (1, 2)))
    for person, (_, row) in zip((first, second), table.iterrows(), strict=True):
        expected = np.array([row[name] for name in NAMES], np.float32)
        np.testing.assert_array_equal(person.values, expected)


def test_every_channel_has_a_unit() -> None:
    assert all(channel.unit and channel.kind for channel in CHANNELS)
    assert {"p_happiness", "yaw", "mouth_openness", "track_id", "frame_index"} <= set(NAMES)


def test_a_person_keeps_the_slot_and_gives_it_up_after_a_while() -> None:
    slots = Slots(2)

    def held(index: int, *tracks: int) -> list[int | None]:
        return [None if one is None else one.track_id for one in slots.people_of(result(index, tracks))]

    assert held(0, 7) == [7, None]
    assert held(1, 7, 9) == [7, 9]
    assert held(2, 9) == [None, 9], "people keep their slots"
    assert held(3, 9, 12) == [None, 9], "a short absence keeps the slot"
    assert held(3 + int(3 * FPS), 12, 9) == [12, 9]
    assert held(4 + int(3 * FPS), 12, 9, 7) == [12, 9]


@given(st.lists(st.floats(0, 0.2), min_size=2, max_size=60), st.floats(-1e5, 1e5))
def test_stamps_follow_the_camera_whatever_the_delay(delays: list[float], origin_s: float) -> None:
    clock, stamps = StreamClock(), []
    for index, delay_s in enumerate(delays):
        stamps.append(clock.stamp(index / FPS, origin_s + index / FPS + delay_s))
    assert (np.diff(stamps) > 0).all()
    least = min(delays)
    assert stamps[-1] == pytest.approx(origin_s + (len(delays) - 1) / FPS + least, abs=0.2)
    after = delays.index(least)
    np.testing.assert_allclose(
        stamps[after + 6 :], [origin_s + index / FPS + least for index in range(after + 6, len(delays))], atol=1e-4
    )  # fmt: skip
    assert clock.stream_time(origin_s + least) == pytest.approx(0.0, abs=1e-6)


def test_a_camera_that_drifts_is_followed() -> None:
    clock, drift = StreamClock(), 1e-4
    for index in range(int(300 * FPS)):
        stamp_s = clock.stamp(index / FPS, 50 + index / FPS * (1 + drift))
    assert stamp_s == pytest.approx(50 + (300 - 1 / FPS) * (1 + drift), abs=0.005), "over 30 s it drifts by 3 ms"


def test_binary_and_json_have_the_same_values() -> None:
    people = Slots(3).people_of(result(5, (1, 2)))
    sample = Sample(5, 0.2, 12.0, 4, people)
    read = from_bytes(to_bytes(sample, 1.7e9), len(CHANNELS))
    assert (read.frame_index, read.time_s, read.unix_s, read.faces) == (5, 0.2, 1.7e9, 4)
    text = json.loads(to_json(sample, 1.7e9, NAMES))
    assert len(read.people) == len(text["people"]) == 2
    for person, sent, shown in zip(read.people, people, text["people"], strict=False):
        assert (person.slot, person.track_id) == (sent.slot, sent.track_id) == (shown["slot"], shown["track_id"])
        np.testing.assert_array_equal(person.values, sent.values)
        in_json = np.array([np.nan if value is None else value for value in shown["values"].values()], np.float32)
        np.testing.assert_array_equal(in_json, sent.values)
    assert text["people"][0]["values"]["gaze_pitch"] is None
    header = json.loads(header_text(CHANNELS, 3, {"model": "x"}))
    assert [channel["name"] for channel in header["channels"]] == NAMES


def test_an_unclassified_face_is_an_error() -> None:
    from dataclasses import replace

    from emotion.streams.samples import values_of

    with pytest.raises(ValueError, match="classified"):
        values_of(replace(face(0, 1), probabilities=None), 1, 0)
