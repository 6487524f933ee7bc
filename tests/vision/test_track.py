"""Tracks: when they continue and when they end."""

from __future__ import annotations

import numpy as np

from emotion.types import Face
from emotion.vision.track import MEMORY_S, Tracker


def face(x: float, y: float = 100, side: float = 60, track_id: int | None = None) -> Face:
    return Face(np.array([x, y, x + side, y + side], np.float32), 0.9, track_id=track_id)


def ids(faces: list[Face]) -> list[int | None]:
    return [found.track_id for found in faces]


def test_tracks_are_numbered_from_one_in_the_order_given() -> None:
    assert ids(Tracker().update([face(0), face(200)], 0.0)) == [1, 2]


def test_tracks_follow_movement() -> None:
    tracker = Tracker()
    for step in range(20):
        found = tracker.update([face(10 * step), face(400 - 10 * step, y=300)], step / 25)
        assert ids(found) == [1, 2]


def test_the_order_of_detections_does_not_matter() -> None:
    tracker = Tracker()
    tracker.update([face(0), face(200)], 0.0)
    assert ids(tracker.update([face(205), face(4)], 0.04)) == [2, 1]


def test_the_nearest_track_wins() -> None:
    """Both are near enough: 10 and 30 px away, where 60 are allowed."""
    for x, nearest in ((10, 1), (30, 2)):
        tracker = Tracker()
        tracker.update([face(0), face(40)], 0.0)
        assert ids(tracker.update([face(x)], 0.04)) == [nearest]


def test_of_two_faces_the_nearer_one_keeps_the_track() -> None:
    """The first face is nearer to person 2 (18 px) than to person 1 (22 px), but the second is nearer still (2 px)."""
    tracker = Tracker()
    tracker.update([face(0), face(40)], 0.0)
    assert ids(tracker.update([face(22), face(38)], 0.04)) == [1, 2]


def test_a_short_occlusion_keeps_the_track() -> None:
    tracker = Tracker()
    tracker.update([face(100)], 0.0)
    for step in range(1, 20):
        tracker.update([], step / 20)
    assert ids(tracker.update([face(130)], 1.0)) == [1]


def walk(tracker: Tracker, *speeds: float) -> None:
    """Let people walk towards x = 300 at speeds in px/s, until one second before they reach it."""
    for step in range(26):
        tracker.update([face(300 - speed * (2 - step / 25)) for speed in speeds], step / 25)


def test_people_who_meet_out_of_sight_keep_their_tracks() -> None:
    """When they reappear, each is where the other was last."""
    tracker = Tracker()
    walk(tracker, 100, -100)
    assert ids(tracker.update([face(200 + 200), face(400 - 200)], 3.0)) == [1, 2]


def test_people_who_walk_on_out_of_sight_keep_their_tracks() -> None:
    """They are 450 px away; 216 px are allowed for a person who stands."""
    tracker = Tracker()
    walk(tracker, 250)
    continued = Tracker()
    continued.restore(tracker.state())
    assert ids(tracker.update([face(500)], 2.8)) == ids(continued.update([face(500)], 2.8)) == [1]
    earlier = {name: values for name, values in tracker.state().items() if name != "velocities"}
    continued.restore(earlier)
    assert ids(continued.update([face(500)], 2.84)) == [1], "checkpoints of earlier versions have no velocities"


def test_a_person_who_stops_out_of_sight_keeps_the_track() -> None:
    tracker = Tracker()
    walk(tracker, 100)
    assert ids(tracker.update([face(210)], 2.5)) == [1]


def test_the_allowed_distance_grows_with_absence() -> None:
    """72 px, where 60 are allowed: too far between two frames, but not within a second."""
    for time_s, expected in ((0.04, 2), (1.0, 1)):
        tracker = Tracker()
        tracker.update([face(100)], 0.0)
        assert ids(tracker.update([face(172)], time_s)) == [expected]


def test_a_long_absence_ends_the_track() -> None:
    tracker = Tracker()
    tracker.update([face(100)], 0.0)
    assert ids(tracker.update([face(100)], MEMORY_S + 0.1)) == [2]


def test_a_face_far_away_or_of_another_size_is_a_new_track() -> None:
    tracker = Tracker()
    tracker.update([face(100)], 0.0)
    assert ids(tracker.update([face(500)], 0.04)) == [2]
    assert ids(tracker.update([face(70, side=200)], 0.08)) == [3]


def test_a_cut_ends_all_tracks() -> None:
    tracker = Tracker()
    tracker.update([face(100)], 0.0)
    tracker.end_all()
    assert ids(tracker.update([face(100)], 0.04)) == [2]


def test_a_followed_face_keeps_its_own_track() -> None:
    tracker = Tracker()
    tracker.update([face(100), face(300)], 0.0)
    found = tracker.update([face(110, track_id=1), face(108, y=130)], 0.04)
    assert ids(found) == [1, 3], "track 1 is taken and track 2 too far away"
