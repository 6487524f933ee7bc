"""A camera stream of synthetic frames: what is analysed, what is returned, how it ends."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from fractions import Fraction

import av
import pytest
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from emotion.errors import LiveError
from tests.conftest import run_async
from ui.live.camera_stream import CameraStream, FrameQueue, ReturnedTrack

PATIENCE_S = 30.0


def picture(number: int) -> av.VideoFrame:
    frame = av.VideoFrame(32, 32, "yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, 30)
    return frame


class Camera(MediaStreamTrack):
    """A camera that sends a number of frames, then ends or waits forever."""

    kind = "video"

    def __init__(self, count: int, *, ends: bool = True) -> None:
        super().__init__()
        self.left = iter(range(count))
        self.ends = ends
        self.all_taken = threading.Event()

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(0)
        number = next(self.left, None)
        if number is not None:
            return picture(number)
        self.all_taken.set()  # A request for the next frame means that the previous one was stored.
        if not self.ends:
            await asyncio.Event().wait()
        raise MediaStreamError


class Stage:
    """A stage that records its frames; it blocks before the first one until released."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.seen: list[int] = []
        self.skipped: list[int] = []
        self.go = threading.Event()
        self.closed = 0
        self.problem = problem

    def process(self, frame: av.VideoFrame, /, *, skipped: int) -> av.VideoFrame:
        self.go.wait(PATIENCE_S)
        if self.problem is not None:
            raise self.problem
        self.seen.append(frame.pts)
        self.skipped.append(skipped)
        return frame

    def close(self) -> None:
        self.closed += 1


async def until(is_so: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end_s, "the condition never held"
        await asyncio.sleep(0.005)


def run(stream: CameraStream, camera: Camera, meanwhile: Callable[[], object]) -> None:
    """Connect a camera, call a function, and wait for the end."""

    async def connect() -> None:
        stream.addTrack(camera)
        stream.start()
        meanwhile()
        await until(lambda: stream.is_over and stream.stage is None)

    run_async(connect())


def test_a_fast_stage_returns_every_frame_in_order():
    stage = Stage()
    stage.go.set()
    stream = CameraStream(lambda: stage)
    returned = []

    async def connect() -> None:
        stream.addTrack(Camera(0, ends=False))
        stream.start()
        for number in range(5):
            stream._queue.put(picture(number))
            returned.append((await stream.returned.recv()).pts)
        stream.stop()
        await until(lambda: stream.stage is None)

    run_async(connect())
    assert returned == [0, 1, 2, 3, 4]
    assert stage.skipped == [0] * 5


def test_a_slow_stage_gets_the_newest_frame_and_the_number_skipped():
    stage, camera, now = Stage(), Camera(100, ends=False), [10.0]
    stream = CameraStream(lambda: stage, clock=lambda: now[0])

    async def connect() -> None:
        stream.addTrack(camera)
        stream.start()
        await until(camera.all_taken.is_set)
        now[0] += 1  # the first frame takes 1 s if the stage already has it
        stage.go.set()
        await until(lambda: stage.seen[-1:] == [99] or len(stage.seen) > 3)
        stream.stop()
        await until(lambda: stream.stage is None)

    run_async(connect())
    assert stage.seen[-1] == 99
    assert len(stage.seen) <= 2
    assert sum(stage.skipped) + len(stage.seen) == 100


def test_the_end_of_the_track_closes_the_stage_once():
    stage = Stage()
    stream = CameraStream(lambda: stage)
    assert not stream.is_open
    run(stream, Camera(3), stage.go.set)
    assert stage.closed == 1
    assert (stream.is_open, stream.is_over, stream.error) == (False, True, "")
    assert stream.returned.readyState == "ended"
    stream.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "live-stream"]
    with pytest.raises(MediaStreamError):
        run_async(stream.returned.recv())


@pytest.mark.parametrize(
    ("problem", "words"),
    [(LiveError("Your place was given away."), "Your place was given away."), (KeyError("x"), "a bug in the app")],
)
def test_a_failing_stage_reports_its_error_and_is_closed(problem, words):
    stage = Stage(problem)
    stream = CameraStream(lambda: stage)
    run(stream, Camera(3, ends=False), stage.go.set)
    assert words in stream.error
    assert stage.closed == 1


def test_a_stream_that_stops_as_it_starts_ends_without_an_error():
    stream = CameraStream(Stage)

    async def connect() -> None:
        stream.addTrack(Camera(0))
        stream.start()
        stream.stop()
        assert stream._receiver is not None
        await stream._receiver
        await until(lambda: stream.stage is None)

    run_async(connect())


def test_a_stream_without_a_seat_does_not_start():
    def full() -> Stage:
        raise LiveError("all places are taken")

    stream = CameraStream(full)

    async def connect() -> None:
        stream.addTrack(Camera(1))
        stream.start()

    with pytest.raises(LiveError, match="all places"):
        run_async(connect())
    assert not stream.is_open


def test_idle_time_counts_from_the_last_frame():
    now = [10.0]
    stream = CameraStream(Stage, clock=lambda: now[0])
    now[0] = 12.5
    assert stream.silent_s == 2.5


def test_at_most_two_returned_frames_are_in_flight():
    async def send() -> tuple[list[int], bool, int]:
        track = ReturnedTrack()
        held = []
        for number in range(3):
            track.offer(picture(number))
            if number < 2:
                held.append(await track.recv())
        third = asyncio.ensure_future(track.recv())
        await asyncio.sleep(0.05)
        waits = not third.done()
        numbers = [frame.pts for frame in held]
        held.clear()  # the encoder releases its frames
        return numbers, waits, (await asyncio.wait_for(third, PATIENCE_S)).pts

    assert run_async(send()) == ([0, 1], True, 2)


def test_a_burst_is_taken_whole_and_old_frames_are_dropped():
    waiting = FrameQueue()
    for number in range(3):
        waiting.put(picture(number), now_s=1.0)
    assert (waiting.take(1.01)[0].pts, waiting.take(1.02)[0].pts) == (0, 1)
    waiting.put(picture(3), now_s=1.03)
    newest, left_out = waiting.take(1.04)
    assert (newest.pts, left_out) == (3, 1)
    # A frame may be old if no newer one replaces it.
    waiting.put(picture(4), now_s=1.0)
    assert waiting.take(9.0)[0].pts == 4


def test_the_queue_is_bounded():
    waiting = FrameQueue()
    for number in range(50):
        waiting.put(picture(number), now_s=0.0)
    assert len(waiting) == 6
    first, left_out = waiting.take(0.0)
    assert (first.pts, left_out) == (44, 44)
