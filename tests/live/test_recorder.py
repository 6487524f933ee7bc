"""Recordings in the library, also after crashes and when the library is lost."""

from __future__ import annotations

import errno
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from emotion import Analyzer, validate
from emotion.analytics.apply import apply_edits
from emotion.analytics.baseline import baseline_means
from emotion.analytics.behaviour.gaze_calibration import GazeCalibration
from emotion.analytics.behaviour.span_figures import behaviour_of
from emotion.analytics.edits import Span
from emotion.analytics.summary import summarise
from emotion.errors import LibraryError, LiveError
from emotion.library import Library, Repository, State
from emotion.library.jobs import cancel
from emotion.library.jobs.clips import clip_file, hand_over_left_clips
from emotion.library.jobs.outcomes import Outcome, finish
from emotion.library.jobs.queue import Claim, claim_next
from emotion.library.jobs.recordings import close_stale_recordings
from emotion.live import LiveSession, LiveSettings
from emotion.live.stream_time import NO_PICTURE, NOT_RECORDED, ON_HOLD
from emotion.types import FrameResult
from emotion.vision.decode.video import probe, read_video
from tests.live.cameras import Camera, Clock, as_frame, portrait
from tests.waiting import until

pytestmark = pytest.mark.slow

PLAIN = LiveSettings(draw="nothing", mirror=False)
ROOT = Path(__file__).resolve().parents[2]


def unstrained(analyzer: Analyzer, settings: LiveSettings = PLAIN) -> LiveSession:
    """A session whose clock stands still, so that every frame is analysed at full quality on any machine.

    test_adaptive_quality and test_session test slow machines.
    """
    return LiveSession(analyzer, settings, clock=Clock())


def run(session: LiveSession, camera: Camera, frames: range) -> None:
    for index in frames:
        session.process(camera(index))


@pytest.mark.slow
def test_a_recording_is_a_normal_analysis(
    analyzer: Analyzer, camera: Camera, library: Library, repository: Repository
) -> None:
    session = unstrained(analyzer)
    run(session, camera, range(10))
    entry_id = session.record(repository, "At the window")
    running = repository.get(entry_id)
    assert (running.title, running.state, running.settings.live, running.has_video) == (
        "At the window",
        State.RUNNING,
        True,
        False,
    )
    run(session, camera, range(10, 70))
    now = session.snapshot().recording
    assert now is not None
    assert (now.entry_id, now.running, now.with_clip, now.problem) == (entry_id, True, False, "")
    assert now.seconds == pytest.approx(59 / 30, abs=0.01)
    assert session.stop_recording() == entry_id
    entry, analysis = repository.get(entry_id), repository.load_analysis(entry_id)
    assert (entry.state, entry.note, entry.done) == (State.DONE, "", 60)
    assert entry.summary is not None
    assert entry.summary["shares"]["happiness"] == pytest.approx(1)
    assert analysis.complete
    validate(analysis.timeline)
    assert len(analysis.timeline) == len(analysis.frames) == 60
    assert analysis.frames["time_s"].iloc[0] == 0
    assert analysis.info.duration_s == pytest.approx(2.0, abs=0.01)
    assert analysis.info.fps == pytest.approx(30, rel=0.01)
    assert (analysis.info.width, analysis.info.height, analysis.model) == (640, 480, analyzer.model)
    assert repository.video_path(entry_id) is None
    assert library.checkpoint(entry_id).until_s() is None
    assert session.stop_recording() is None
    last = session.snapshot().recording
    assert last is not None
    assert not last.running


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [True, False])
def test_a_recording_has_eyes_and_movements_only_if_they_are_on(
    analyzer: Analyzer, camera: Camera, repository: Repository, wanted: bool
) -> None:
    session = unstrained(analyzer, replace(PLAIN, eyes=wanted, movements=wanted))
    entry_id = session.record(repository, "At the window")
    for index in range(5):
        session.process(camera(index))
    session.stop_recording()
    analysis = repository.load_analysis(entry_id)
    assert (analysis.settings["eyes"], analysis.settings["movements"]) == (wanted, wanted)
    rows = analysis.timeline
    assert rows["eye_openness_left"].notna().all() == wanted
    assert rows["lip_gap"].notna().all() == wanted
    entry = repository.get(entry_id).settings
    assert (entry.eyes, entry.movements) == (wanted, wanted)


@pytest.mark.parametrize("first", [True, False])
def test_a_recording_measures_the_same_from_beginning_to_end(
    analyzer: Analyzer, camera: Camera, repository: Repository, first: bool
) -> None:
    session = unstrained(analyzer, replace(PLAIN, eyes=first, movements=not first))
    entry_id = session.record(repository, "At the window")
    run(session, camera, range(5))
    session.settings = replace(session.settings, eyes=not first, movements=first)
    run(session, camera, range(5, 10))
    session.stop_recording()
    analysis, listened = repository.load_analysis(entry_id), list[FrameResult]()
    rows = analysis.timeline
    assert (analysis.settings["eyes"], analysis.settings["movements"]) == (first, not first)
    assert rows["eye_openness_left"].notna().tolist() == [first] * 10
    assert rows["lip_gap"].notna().tolist() == [not first] * 10
    session.listen(lambda result, _: listened.append(result))
    run(session, camera, range(10, 11))
    assert np.isfinite(listened[0].faces[0].eye_openness_left) == (not first), "the change counts from the end"


def test_an_hour_has_few_files(analyzer: Analyzer, camera: Camera, library: Library, repository: Repository) -> None:
    """Two minutes with a frame every half second, written continuously."""
    session = unstrained(analyzer)
    entry_id = session.record(repository, "long")
    picture = camera(0)
    for index in range(240):
        session.process(picture, index * 0.5)
        if index % 40 == 39:
            time.sleep(0.6)
    keys = library.storage.keys(f"{entry_id}/parts")
    session.close()
    assert 2 <= len(keys) <= 5
    assert len(repository.load_analysis(entry_id).frames) == 240


@pytest.mark.slow
def test_time_on_hold_is_an_excluded_event(analyzer: Analyzer, camera: Camera, repository: Repository) -> None:
    session = unstrained(analyzer)
    entry_id = session.record(repository, "with a break")
    run(session, camera, range(30))
    session.hold()
    run(session, camera, range(30, 120))
    session.resume()
    run(session, camera, range(120, 150))
    now = session.snapshot().recording
    assert now is not None
    session.stop_recording()
    edits, analysis = repository.get(entry_id).edits, repository.load_analysis(entry_id)
    assert now.seconds == pytest.approx(analysis.info.duration_s, abs=0.1), "the page says what the library will say"
    (event,) = edits.events
    assert (event.label, event.excluded) == (ON_HOLD, True)
    assert (event.span.start_s, event.span.end_s) == pytest.approx((1.0, 4.0), abs=0.05)
    assert len(analysis.frames) == 60
    (person,) = summarise(apply_edits(analysis, edits))["tracks"]
    assert person["seconds"] == pytest.approx(2, abs=0.1)


@pytest.mark.slow
def test_a_lost_connection_is_an_excluded_event(analyzer: Analyzer, camera: Camera, repository: Repository) -> None:
    session = unstrained(analyzer)
    entry_id = session.record(repository, "in a tunnel")
    run(session, camera, range(30))
    session.process(camera(0), 4.0)
    session.process(camera(0), 4.03)
    session.stop_recording()
    (event,) = repository.get(entry_id).edits.events
    assert (event.label, event.excluded) == (NO_PICTURE, True)
    assert (event.span.start_s, event.span.end_s) == pytest.approx((1.0, 4.0), abs=0.05)


@pytest.mark.slow
def test_events_survive_a_library_that_is_busy_at_the_end(
    analyzer: Analyzer, camera: Camera, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = unstrained(analyzer)
    entry_id = session.record(repository, "with a break")
    run(session, camera, range(5))
    monkeypatch.setattr("emotion.live.recorder.record_heartbeat", busy)
    session.process(camera(0), 4.0)
    session.stop_recording()
    (event,) = repository.get(entry_id).edits.events
    assert event.label == NO_PICTURE
    assert repository.get(entry_id).state is State.DONE


def test_a_full_disk_at_the_end_is_named(
    analyzer: Analyzer, camera: Camera, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    session = unstrained(analyzer)
    session.record(repository, "on a small disk")
    run(session, camera, range(5))
    monkeypatch.setattr("emotion.live.recorder.close_recording", full)
    session.stop_recording()
    now = session.snapshot().recording
    assert now is not None
    assert now.problem.endswith("could not be completed yet: the disk is full; free some space and try again")


def busy(*_: object) -> bool:
    raise LibraryError("the library is busy")


@pytest.mark.slow
def test_a_recording_stores_the_baseline(analyzer: Analyzer, camera: Camera, repository: Repository) -> None:
    session = unstrained(analyzer)
    entry_id = session.record(repository, "at rest")
    run(session, camera, range(15))
    session.take_baseline(1.0)
    run(session, camera, range(15, 60))
    session.stop_recording()
    span = repository.get(entry_id).edits.baselines[1]
    assert (span.start_s, span.end_s) == pytest.approx((0.5, 1.5), abs=0.1)


@pytest.mark.parametrize("until", [40, 20], ids=["finished", "still running"])
def test_a_recording_begins_with_the_baseline_taken_before_it(
    analyzer: Analyzer, camera: Camera, repository: Repository, until: int
) -> None:
    session = unstrained(analyzer)
    session.take_baseline(1.0)
    run(session, camera, range(until))
    later_s = 4 if until == 40 else 0
    times = [later_s + index / 30 for index in range(until, until + 60)]
    for time_s in times[:10]:
        session.process(masked(), time_s)
    entry_id = session.record(repository, "after the baseline", record_clip=True)
    session.mark("before", times[9])
    for time_s in times[10:]:
        session.process(masked(), time_s)
    session.mark("at the end", times[-1])
    now = session.snapshot()
    session.stop_recording()
    edits, analysis = repository.get(entry_id).edits, repository.load_analysis(entry_id)
    at_rest = edits.baselines[1]
    shown = now.people[0].baseline
    assert shown is not None
    kept = apply_edits(analysis, edits)
    assert baseline_means(kept, 1, at_rest) == pytest.approx(shown, abs=2e-3)
    later = baseline_means(kept, 1, Span(at_rest.end_s + 1, analysis.info.duration_s))
    assert abs(later["happiness"] - shown["happiness"]) > 0.01, "the recording differs from the baseline"
    face = now.people[0].face
    assert face is not None
    moved = behaviour_of(kept, edits.baselines).rows.iloc[-1]
    for name, value in face.movements.items():
        assert moved[name] == pytest.approx(value, abs=2e-3)
    *gaps, mark = edits.events
    assert mark.span.start_s == pytest.approx(analysis.frames["time_s"].iloc[-1], abs=1e-3)
    assert [(gap.label, gap.excluded) for gap in gaps] == ([(NOT_RECORDED, True)] if later_s else [])
    assert analysis.info.duration_s == pytest.approx(50 / 30 + (2 if later_s else 1), abs=0.1)
    assert now.recording is not None
    assert now.recording.seconds == pytest.approx(analysis.info.duration_s, abs=0.1)
    clip = session.snapshot().recording.clip_id
    assert probe(repository.video_path(clip)).duration_s == pytest.approx(50 / 30, abs=0.1), "the clip has no baseline"


def masked() -> av.VideoFrame:
    """The portrait with something before the mouth, which changes every value a little."""
    image = portrait()
    image[190:250, 190:340] = 128
    return as_frame(image, 0)


def test_a_recording_without_eyes_begins_with_a_baseline_without_them(
    analyzer: Analyzer, camera: Camera, repository: Repository
) -> None:
    session = unstrained(analyzer)
    session.take_baseline(1.0)
    run(session, camera, range(40))
    session.settings = replace(session.settings, eyes=False)
    entry_id = session.record(repository, "after the baseline")
    run(session, camera, range(40, 50))
    session.stop_recording()
    rows = repository.load_analysis(entry_id).timeline
    assert len(rows) > 40
    assert rows[["eye_openness_left", "gaze_yaw"]].isna().all(axis=None)
    assert rows["lip_gap"].notna().all()


@pytest.mark.parametrize("forgotten", [True, False])
def test_a_baseline_that_was_cleared_or_failed_is_not_recorded(
    analyzer: Analyzer, camera: Camera, repository: Repository, forgotten: bool
) -> None:
    session = unstrained(analyzer)
    session.take_baseline(1.0)
    for index in range(40):
        session.process(camera(index) if forgotten else np.zeros((480, 640, 3), np.uint8), index / 30)
    if forgotten:
        session.clear_baseline()
    entry_id = session.record(repository, "without")
    run(session, camera, range(40, 50))
    session.stop_recording()
    assert len(repository.load_analysis(entry_id).frames) == 10
    assert not repository.get(entry_id).edits.baselines


def test_boxes_are_in_px_of_the_first_frame(analyzer: Analyzer, camera: Camera, repository: Repository) -> None:
    session = unstrained(analyzer)
    entry_id = session.record(repository, "shrinking")
    run(session, camera, range(5))
    for index in range(5, 10):
        session.process(camera(index).reformat(320, 240), index / 30)
    session.stop_recording()
    boxes = repository.load_analysis(entry_id).timeline[["x1", "y1", "x2", "y2"]].to_numpy()
    assert np.abs(boxes - boxes[0]).max() < 15


@pytest.mark.slow
def test_a_clip_is_recorded_only_on_request_as_an_ordinary_video(
    analyzer: Analyzer, camera: Camera, repository: Repository
) -> None:
    session = unstrained(analyzer, LiveSettings(hide="silhouette"))
    entry_id = session.record(repository, "At the window", record_clip=True)
    run(session, camera, range(45))
    assert clip_file(entry_id).exists()
    session.stop_recording()
    now = session.snapshot().recording
    assert now is not None
    assert (now.with_clip, now.problem) == (True, "")
    assert now.clip_id is not None
    clip, timeline = repository.get(now.clip_id), repository.load_analysis(entry_id)
    assert (clip.title, clip.state, clip.settings.keep_video) == ("At the window (clip)", State.QUEUED, True)
    assert not clip.settings.live
    assert not clip_file(entry_id).exists()
    path = repository.video_path(now.clip_id)
    assert path is not None
    times = [frame.time_s for frame in read_video(path)]
    assert times == pytest.approx(timeline.frames["time_s"].tolist(), abs=1e-3)
    # The camera's original frame: not mirrored, masked or drawn on.
    first = next(read_video(path))
    assert np.abs(first.rgb().astype(int) - camera(0).to_ndarray(format="rgb24")).mean() < 4


@pytest.mark.slow
def test_only_one_recording_at_a_time(analyzer: Analyzer, camera: Camera, repository: Repository) -> None:
    session = unstrained(analyzer)
    first = session.record(repository, "one")
    with pytest.raises(LiveError, match="already"):
        session.record(repository, "two")
    run(session, camera, range(5))
    session.stop_recording()
    second = session.record(repository, "two")
    run(session, camera, range(5, 10))
    session.close()
    assert [repository.get(each).done for each in (first, second)] == [5, 5]
    with pytest.raises(LiveError, match="closed"):
        session.record(repository, "three")


def test_a_recording_without_frames_says_so(analyzer: Analyzer, repository: Repository) -> None:
    session = unstrained(analyzer)
    entry_id = session.record(repository, "nothing", record_clip=True)
    session.stop_recording()
    entry = repository.get(entry_id)
    assert (entry.state, entry.note) == (State.CANCELLED, "Stopped before anything was recorded.")
    repository.delete(entry_id)


def test_the_library_can_stop_a_recording(analyzer: Analyzer, camera: Camera, repository: Repository) -> None:
    session = unstrained(analyzer)
    entry_id = session.record(repository, "stopped elsewhere")
    run(session, camera, range(20))
    cancel(repository, entry_id)
    until(lambda: repository.get(entry_id).state.is_over)
    assert (repository.get(entry_id).state, repository.get(entry_id).done) == (State.DONE, 20)
    run(session, camera, range(20, 25))
    assert len(repository.load_analysis(entry_id).frames) == 20


def test_a_closed_recording_stops_writing(
    analyzer: Analyzer, camera: Camera, library: Library, repository: Repository
) -> None:
    session = unstrained(analyzer)
    entry_id = session.record(repository, "given up")
    with library.database.reading() as reading:
        from emotion.library.orm import AnalysisRow

        run_id = reading.get_one(AnalysisRow, entry_id).run
    finish(library, Claim(entry_id, str(run_id)), Outcome(State.CANCELLED, "closed by somebody"))
    run(session, camera, range(5))
    until(lambda: not session.snapshot().recording.running)
    session.close()
    assert "no data arrived for a while" in session.snapshot().recording.problem
    assert repository.get(entry_id).note == "closed by somebody"


def test_a_failing_storage_ends_the_recording_with_a_message(
    analyzer: Analyzer, camera: Camera, repository: Repository, tmp_path: Path
) -> None:
    session = unstrained(analyzer)
    entry_id = session.record(repository, "no room")
    (tmp_path / "storage" / entry_id).write_text("in the way of a folder", encoding="utf-8")
    run(session, camera, range(5))
    until(lambda: not session.snapshot().recording.running)
    assert "could not" in session.snapshot().recording.problem
    session.close()


def test_recording_leaves_no_threads(analyzer: Analyzer, camera: Camera, repository: Repository) -> None:
    before = set(threading.enumerate())
    session = unstrained(analyzer)
    session.record(repository, "a", record_clip=True)
    run(session, camera, range(5))
    assert {thread.name for thread in set(threading.enumerate()) - before} == {"live recorder", "live clip"}
    session.close()
    assert not set(threading.enumerate()) - before


def test_a_garbage_collected_session_ends_its_recording(
    analyzer: Analyzer, camera: Camera, repository: Repository
) -> None:
    before = set(threading.enumerate())
    session = unstrained(analyzer)
    entry_id = session.record(repository, "forgotten")
    run(session, camera, range(12))
    del session
    gc.collect()
    until(lambda: repository.get(entry_id).state is State.DONE)
    until(lambda: not set(threading.enumerate()) - before)
    assert len(repository.load_analysis(entry_id).frames) == 12


def test_a_recording_without_frames_ends_after_a_while(
    analyzer: Analyzer, camera: Camera, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emotion.live.recorder.IDLE_TIMEOUT_S", 1.0)
    session = unstrained(analyzer)
    entry_id = session.record(repository, "nobody there")
    run(session, camera, range(5))
    until(lambda: repository.get(entry_id).state is State.DONE)
    assert "no more frames arrived" in session.snapshot().recording.problem
    session.close()


def test_a_clip_that_cannot_be_written_is_reported(
    analyzer: Analyzer, repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "clips").write_text("in the way of a folder", encoding="utf-8")
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "elsewhere"))
    session = unstrained(analyzer)
    with pytest.raises(LibraryError, match="video cannot be recorded"):
        session.record(repository, "no place", record_clip=True)
    assert [entry.state for entry in repository.search().entries] == [State.CANCELLED]


SERVER = """
import itertools, sys, time
sys.path.insert(0, "tests/live")
from tests.live.cameras import as_frame, portrait
from emotion import Analyzer
from emotion.library import Library
from emotion.live import LiveSession, LiveSettings
library = Library.open(sys.argv[1], sys.argv[2])
session = LiveSession(Analyzer(), LiveSettings(draw="nothing"))
session.warm()
picture = portrait()
print(session.record(library.for_owner("local"), "until the end", record_clip=True), flush=True)
for index in itertools.count():
    # 25 pictures a second, or as many fewer as the machine is slower; never a rush to make up for lost time.
    start = time.monotonic()
    session.process(as_frame(picture, 0), index / 25)
    print(index / 25, flush=True)
    time.sleep(max(1 / 25 - (time.monotonic() - start), 0))
"""


@pytest.fixture
def killed(tmp_path: Path, library: Library) -> tuple[str, float]:
    """A server that was killed after a few seconds of recording: the analysis, and the time of its last frame."""
    command = [sys.executable, "-c", SERVER, f"sqlite:///{tmp_path / 'library.db'}", str(tmp_path / "storage")]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    entry_id, last_s = server.stdout.readline().strip(), 0.0
    while last_s < 3.3:
        last_s = float(server.stdout.readline())
    # Its server still runs, so no other one may close it.
    assert close_stale_recordings(library) == []
    hand_over_left_clips(library)
    assert claim_next(library, 1) is None
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    last_s = max([last_s, *(float(line) for line in server.stdout.read().split("\n")[:-1] if line)])
    return entry_id, last_s


def test_a_killed_server_loses_at_most_the_last_second(
    killed: tuple[str, float], library: Library, repository: Repository
) -> None:
    entry_id, last_s = killed
    assert repository.get(entry_id).state is State.RUNNING
    assert close_stale_recordings(library) == [entry_id]
    entry, analysis = repository.get(entry_id), repository.load_analysis(entry_id)
    assert entry.state is State.DONE
    assert "interrupted" in entry.note
    assert not analysis.complete
    kept_s = float(analysis.frames["time_s"].iloc[-1])
    assert f"{kept_s:.1f} s" in entry.note
    # Written every half second, from a stream that is as slow as the machine.
    assert last_s - 2.0 <= kept_s <= last_s
    assert entry.summary is not None
    assert entry.summary["shares"]["happiness"] > 0.9

    hand_over_left_clips(library)
    (clip,) = repository.search("clip").entries
    assert (clip.state, clip.settings.keep_video) == (State.QUEUED, True)
    path = repository.video_path(clip.id)
    assert path is not None
    assert last_s - 2.5 <= probe(path).duration_s <= last_s + 0.2
    with av.open(str(path)) as container:
        pictures = sum(1 for _ in container.decode(video=0))
    assert pictures > 20
    assert pictures == pytest.approx(25 * probe(path).duration_s, abs=2), "everything until then"
    assert not clip_file(entry_id).exists()


def test_markers_become_events_and_listeners_get_what_is_recorded(
    analyzer: Analyzer, camera: Camera, repository: Repository
) -> None:
    session, heard = unstrained(analyzer), []

    def listen(result, arrived_s: float) -> None:
        heard.append((result.time_s, result.faces[0].probabilities.copy()))

    session.listen(listen)
    session.mark("before a recording, left out", 0.0)
    run(session, camera, range(10))
    entry_id = session.record(repository, "With tasks")
    run(session, camera, range(10, 40))
    session.mark("before it began, left out", 0.1)
    session.mark("task 1", 20 / 30)
    run(session, camera, range(40, 45))
    session.unlisten(listen)
    run(session, camera, range(45, 46))
    session.stop_recording()
    analysis = repository.load_analysis(entry_id)
    [event] = repository.get(entry_id).edits.events
    assert event.label == "task 1"
    frame = analysis.frames["time_s"].sub(event.span.start_s).abs().argmin()
    assert frame == 10, "the recording began with the tenth frame"
    assert [time_s for time_s, _ in heard] == pytest.approx([index / 30 for index in range(45)], abs=1e-3)
    rows = analysis.timeline
    columns = [name for name in rows if name.startswith("p_")]
    for index in range(35):
        np.testing.assert_array_equal(rows[columns].iloc[index].to_numpy(np.float32), heard[10 + index][1])


def test_listeners_get_the_calibrated_gaze_that_is_recorded(
    analyzer: Analyzer, camera: Camera, repository: Repository
) -> None:
    session, heard, measured = unstrained(analyzer), [], []
    session.listen(lambda result, _: heard.append(result.faces[0].gaze_yaw))
    take_in = session._gaze.add
    shift = GazeCalibration("offset", np.array([[1.0, 0.0, 20.0], [0.0, 1.0, 0.0]]), 0.0, 20.0, 9)
    session._gaze._fitted, session._gaze._track = shift, 1
    session._gaze.add = lambda result: measured.append(result.faces[0].gaze_yaw) or take_in(result)
    entry_id = session.record(repository, "Calibrated")
    run(session, camera, range(10))
    session.stop_recording()
    recorded = repository.load_analysis(entry_id).timeline["gaze_yaw"].to_numpy()
    np.testing.assert_array_equal(recorded, np.array(heard, np.float32))
    np.testing.assert_allclose(heard, np.array(measured) + 20, atol=1e-4)


def test_the_gaze_stays_the_same_within_a_recording(analyzer: Analyzer, camera: Camera, repository: Repository) -> None:
    session, dots = unstrained(analyzer), np.zeros((9, 2))
    session.calibrate_gaze(dots)
    with pytest.raises(LiveError, match="calibration of the gaze before recording"):
        session.record(repository, "during a calibration")
    session.clear_gaze_calibration()
    session.record(repository, "after it")
    for change in (lambda: session.calibrate_gaze(dots), session.clear_gaze_calibration):
        with pytest.raises(LiveError, match="Stop the recording"):
            change()
    session.stop_recording()
    assert repository.search().total == 1
