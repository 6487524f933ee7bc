"""A live session on a real face: returned frames, snapshots, and cleanup."""

from __future__ import annotations

import gc
import itertools
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from emotion import Analyzer
from emotion.errors import LiveError
from emotion.labels import COLOURS
from emotion.live import LiveSession, LiveSettings, Seats
from emotion.live.canvas import yuv
from emotion.vision.decode.video import read_video
from tests.live.cameras import Camera, as_frame, portrait

pytestmark = pytest.mark.slow

PLAIN = LiveSettings(draw="nothing", mirror=False)


class TickingClock:
    """A clock that advances by a fixed step at every reading."""

    def __init__(self, tick_s: float) -> None:
        self._tick_s, self._now_s = tick_s, 0.0

    def __call__(self) -> float:
        self._now_s += self._tick_s
        return self._now_s


def run(session: LiveSession, camera: Camera, frames: range, **options: int) -> av.VideoFrame:
    for index in frames:
        shown = session.process(camera(index), **options)
    return shown


def clip(path: Path, start_s: float, count: int) -> list[av.VideoFrame]:
    frames = itertools.islice(read_video(path, start_s=start_s), count)
    return [as_frame(frame.rgb(), index) for index, frame in enumerate(frames)]


def test_a_smiling_portrait(analyzer: Analyzer, camera: Camera) -> None:
    session = LiveSession(analyzer)
    run(session, camera, range(30))
    snapshot = session.snapshot()
    (person,) = snapshot.people
    assert (person.track_id, person.leading, person.colour) == (1, "happiness", COLOURS["happiness"])
    assert person.in_view
    assert person.probabilities["happiness"] > 0.8
    assert snapshot.time_s == pytest.approx(29 / 30, abs=1e-3)
    assert snapshot.size == (640, 480)
    assert 8 <= len(person.series.time_s) <= 11
    assert (snapshot.held, snapshot.baseline, snapshot.recording, snapshot.closed) == (False, None, None, False)


def test_eyes_and_movements_are_reported_and_can_be_turned_off(analyzer: Analyzer, camera: Camera) -> None:
    # With a test clock, because a busy machine would lower the quality, and blinks need 15 frames per second.
    session = LiveSession(analyzer, clock=TickingClock(1e-3))
    run(session, camera, range(75))
    snapshot = session.snapshot()
    face = snapshot.people[0].face
    assert face is not None
    assert 0.8 < face.open_left < 1.3
    assert face.towards_camera is not None
    assert face.blinks == 0
    assert 0 < snapshot.load.eyes_ms < 1000
    assert 0 < snapshot.load.movements_ms < 1000
    session.settings = replace(session.settings, eyes=False, movements=False)
    run(session, camera, range(75, 80))
    snapshot = session.snapshot()
    face = snapshot.people[0].face
    assert np.isnan(snapshot.load.eyes_ms)
    assert np.isnan(snapshot.load.movements_ms)
    assert face is not None
    assert np.isnan(face.open_left)
    assert face.rest == ""


@pytest.mark.shared
@pytest.mark.parametrize(("start_s", "expected"), [(2.0, "sadness"), (11.0, "happiness")])
def test_the_expected_expression_leads_in_clear_parts(
    analyzer: Analyzer, shared_data: Path, start_s: float, expected: str
) -> None:
    session, leading = LiveSession(analyzer), []
    for frame in clip(shared_data / "videos" / "crying_to_laughing_360p.mp4", start_s, 60):
        session.process(frame)
        leading += [person.leading for person in session.snapshot().people if person.in_view]
    assert len(leading) >= 58
    assert leading.count(expected) > 0.9 * len(leading)


def test_the_returned_frame_is_the_analysed_one(analyzer: Analyzer, camera: Camera) -> None:
    session, arrived = LiveSession(analyzer, PLAIN), camera(3)
    before = arrived.to_ndarray().copy()
    shown = session.process(arrived)
    np.testing.assert_array_equal(shown.to_ndarray(), before)
    assert (shown.pts, shown.time_base, shown.format.name) == (arrived.pts, arrived.time_base, "yuv420p")
    session.settings = replace(PLAIN, mirror=True)
    np.testing.assert_array_equal(session.process(camera(4)).to_ndarray()[:480], before[:480, ::-1])
    np.testing.assert_array_equal(arrived.to_ndarray(), before)


def test_the_box_matches_the_same_frame(analyzer: Analyzer) -> None:
    """The face moves 9 px per frame, so the previous frame's box would miss it."""
    session, wide = LiveSession(analyzer, LiveSettings(mirror=False)), portrait(960, 480)
    orange = yuv(COLOURS["happiness"])
    for index in range(25):
        view = wide[:, 9 * index : 9 * index + 640]
        shown = session.process(as_frame(view, index))
        if index < 3:
            continue
        face = analyzer.largest_face(view)
        assert face is not None
        left, top, right, bottom = face.box_xyxy
        blue, red = (np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:, :320] for plane in shown.planes[1:])
        painted = (np.abs(blue.astype(int) - orange[1]) < 4) & (np.abs(red.astype(int) - orange[2]) < 4)
        columns = np.flatnonzero(painted[int(top + bottom) // 4 : int(bottom) // 2 - 4].mean(axis=0) > 0.9) * 2
        assert columns.min() == pytest.approx(left, abs=5)
        assert columns.max() == pytest.approx(right, abs=5)


def test_an_array_gives_an_array(analyzer: Analyzer) -> None:
    picture = portrait()
    shown = LiveSession(analyzer, LiveSettings(hide="blur")).process(picture, 0.0)
    assert shown.shape == picture.shape
    assert shown.dtype == np.uint8


@pytest.mark.parametrize("hide", ["blur", "silhouette"])
def test_a_hidden_face_cannot_be_detected(analyzer: Analyzer, camera: Camera, hide: str) -> None:
    session = LiveSession(analyzer, LiveSettings(hide=hide, draw="nothing"))  # type: ignore[arg-type]
    for index in range(5):
        shown = session.process(camera(index)).to_ndarray(format="rgb24")
        assert analyzer.image(shown).faces == ()
    session.hold()
    assert analyzer.image(session.process(camera(6)).to_ndarray(format="rgb24")).faces == (), "nor on hold"


def test_on_hold_frames_continue_and_values_are_frozen(analyzer: Analyzer, camera: Camera) -> None:
    session = LiveSession(analyzer)
    run(session, camera, range(15))
    session.hold()
    before = session.snapshot()
    arrived = as_frame(np.roll(portrait(), 4, axis=1), 20)
    shown = session.process(arrived).to_ndarray()[:480]
    assert (shown == arrived.to_ndarray()[:480, ::-1]).mean() > 0.9, "everything but the box equals the received frame"
    run(session, camera, range(30, 150))
    held = session.snapshot()
    assert held.held
    assert held.time_s == before.time_s
    assert held.people[0].probabilities == before.people[0].probabilities
    np.testing.assert_array_equal(held.people[0].series.time_s, before.people[0].series.time_s)
    session.resume()
    run(session, camera, range(150, 160))
    after = session.snapshot()
    assert [person.track_id for person in after.people] == [1], "a person who stayed in view keeps the ID"
    assert np.diff(after.people[0].series.time_s).max() > 3, "the time on hold is a gap"


def test_values_are_relative_to_the_baseline(analyzer: Analyzer, camera: Camera) -> None:
    session = LiveSession(analyzer)
    run(session, camera, range(5))
    assert session.snapshot().people[0].baseline is None
    session.take_baseline(1.0)
    run(session, camera, range(5, 20))
    taking = session.snapshot().baseline
    assert taking is not None
    assert taking.share == pytest.approx(0.47, abs=0.1)
    run(session, camera, range(20, 45))
    snapshot = session.snapshot()
    assert snapshot.baseline is None
    person = snapshot.people[0]
    assert person.baseline is not None
    assert person.relative is not None
    assert person.baseline == pytest.approx(person.probabilities, abs=0.05)
    assert person.relative == pytest.approx(dict.fromkeys(snapshot.labels, 0.0), abs=0.05)
    session.clear_baseline()
    assert session.snapshot().people[0].relative is None


@pytest.mark.parametrize("seconds", [0, -1, 1000, float("nan")])
def test_an_invalid_baseline_is_refused(analyzer: Analyzer, seconds: float) -> None:
    with pytest.raises(LiveError, match="expected a baseline"):
        LiveSession(analyzer).take_baseline(seconds)


def test_a_busy_session_analyses_fewer_frames_and_keeps_faces(analyzer: Analyzer, camera: Camera) -> None:
    """Every frame takes 30 ms, and one frame is dropped for each analysed one."""
    session = LiveSession(analyzer, clock=TickingClock(0.03))
    shown = run(session, camera, range(0, 600, 2), skipped=1)
    load = session.snapshot().load
    assert load.quality == 3
    assert load.quality_words != "full quality"
    assert load.dropped == 300
    assert load.in_fps == pytest.approx(2 * load.out_fps)
    assert load.analysed_fps < 0.7 * load.out_fps
    assert load.median_ms == pytest.approx(30)
    orange = np.frombuffer(bytes.fromhex(COLOURS["happiness"][1:]), np.uint8).astype(int)
    assert (np.abs(shown.to_ndarray(format="rgb24").astype(int) - orange).max(axis=-1) < 12).any(), (
        "the face is still drawn"
    )
    assert [person.leading for person in session.snapshot().people] == ["happiness"]


def test_an_easy_session_stays_at_full_quality(analyzer: Analyzer, camera: Camera) -> None:
    session = LiveSession(analyzer, clock=TickingClock(0.002))
    run(session, camera, range(60))
    load = session.snapshot().load
    assert (load.quality, load.quality_words, load.dropped) == (0, "full quality", 0)
    assert load.analysed_fps == load.out_fps == load.in_fps


def test_jumping_timestamps_are_tolerated(analyzer: Analyzer, camera: Camera) -> None:
    session, picture, times = LiveSession(analyzer), camera(0), []
    for stamp in [0.0, 0.03, 0.06, -1e6, -1e6 + 0.03, 4e9, 4e9 + 0.03, 0.0, 0.03, 0.0, None, 5.0]:
        session.process(picture, stamp)
        times.append(session.snapshot().time_s)
    assert times == sorted(set(times))
    assert [person.track_id for person in session.snapshot().people if person.in_view] == [1]


def test_a_shrinking_frame_keeps_the_track(analyzer: Analyzer) -> None:
    session = LiveSession(analyzer)
    for index, (width, height) in enumerate([(640, 480)] * 5 + [(320, 240)] * 5 + [(480, 360)] * 5):
        shown = session.process(as_frame(portrait(width, height), index))
        assert (shown.width, shown.height) == (width, height)
    assert [(person.track_id, person.in_view) for person in session.snapshot().people] == [(1, True)]


def test_concurrent_sessions_are_independent(analyzer: Analyzer, camera: Camera) -> None:
    empty = as_frame(np.full((480, 640, 3), 90, np.uint8), 0)
    pair = np.hstack([portrait(320, 240)] * 2)
    shows = [lambda _: empty, camera, lambda index: as_frame(pair, index)]
    sessions = [LiveSession(analyzer, LiveSettings(mirror=False)) for _ in shows]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda at: run(sessions[at], shows[at], range(40)), range(3)))
    people = [session.snapshot().people for session in sessions]
    assert [[person.track_id for person in some] for some in people] == [[], [1], [1, 2]]
    alone = LiveSession(analyzer, LiveSettings(mirror=False))
    run(alone, camera, range(40))
    assert people[1][0].probabilities == pytest.approx(alone.snapshot().people[0].probabilities, abs=1e-4)


def test_a_snapshot_is_immutable(analyzer: Analyzer, camera: Camera) -> None:
    session = LiveSession(analyzer)
    run(session, camera, range(10))
    snapshot = session.snapshot()
    values, probabilities = snapshot.people[0].series.values.copy(), dict(snapshot.people[0].probabilities)
    for index in range(10, 20):
        session.process(as_frame(np.zeros((480, 640, 3), np.uint8), index))
    np.testing.assert_array_equal(snapshot.people[0].series.values, values)
    assert snapshot.people[0].probabilities == probabilities


def test_settings_change_during_the_stream(analyzer: Analyzer, camera: Camera) -> None:
    session = LiveSession(analyzer, PLAIN)
    plain = session.process(camera(0)).to_ndarray()
    session.settings = replace(session.settings, draw="boxes")
    boxes = session.process(camera(1)).to_ndarray()
    session.settings = replace(session.settings, draw="mesh")
    mesh = session.process(camera(2)).to_ndarray()
    assert 0 < (plain != boxes).mean() < 0.2
    assert 0 < (boxes != mesh).mean() < 0.05


@pytest.mark.parametrize("wrong", [{"hide": "hat"}, {"draw": "moustache"}, {"smoothing_s": -1.0}])
def test_invalid_settings_are_refused(wrong: dict) -> None:
    with pytest.raises(LiveError, match="expected"):
        LiveSettings(**wrong)


def test_closing_frees_everything(analyzer: Analyzer, camera: Camera) -> None:
    seats, before = Seats(lambda: 1), set(threading.enumerate())
    session = LiveSession(analyzer, seats=seats)
    session.warm()
    run(session, camera, range(5))
    with pytest.raises(LiveError, match="taken"):
        LiveSession(analyzer, seats=seats)
    session.close()
    session.close()
    assert seats.taken == 0
    assert session.snapshot().closed
    with pytest.raises(LiveError, match="closed"):
        session.process(camera(6))
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None
    assert not set(threading.enumerate()) - before


def test_a_garbage_collected_session_frees_its_seat(analyzer: Analyzer, camera: Camera) -> None:
    seats = Seats(lambda: 1)
    session = LiveSession(analyzer, seats=seats)
    run(session, camera, range(3))
    del session
    gc.collect()
    assert seats.taken == 0


def test_sessions_can_share_frames(analyzer: Analyzer) -> None:
    """One camera may be relayed to several sessions, so frames must not cache state that is not thread-safe."""
    for count in range(4):
        frames = [as_frame(portrait(), index) for index in range(25)]
        sessions = [LiveSession(analyzer, LiveSettings(hide="blur")) for _ in range(3)]
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda session: run(session, frames.__getitem__, range(25)), sessions))  # noqa: B023
        assert all(len(session.snapshot().people) == 1 for session in sessions), count
