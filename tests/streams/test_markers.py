"""Markers from a process whose clock is 3 s ahead are at the right frame, live and in an XDF file."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pylsl
import pytest
import pyxdf

from emotion.streams import StreamHub, channels_of
from emotion.streams.lsl import KIND, LslSink
from emotion.streams.markers import MarkerInlet
from tests.streams.results import FPS, LABELS, result
from tests.streams.xdf_file import XdfRecorder
from tests.waiting import until

pytestmark = pytest.mark.slow
AHEAD_S, MARKERS = 3, 8
FRAME_S = 1 / FPS
SENDER = Path(__file__).with_name("send_markers.py")
_SHIFTED = ["unshare", "--user", "--time", "--monotonic", str(AHEAD_S)]


def can_shift_clocks() -> bool:
    ask = [sys.executable, "-c", "import time; print(time.monotonic())"]
    try:
        shifted = subprocess.run([*_SHIFTED, *ask], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    return float(shifted) - time.monotonic() > AHEAD_S - 1


class Camera:
    """Sends a frame every 40 ms to a hub, until it is stopped."""

    def __init__(self, hub: StreamHub) -> None:
        self._hub, self._stop = hub, threading.Event()
        self.started_unix_s = time.time()
        self._started_s = time.perf_counter()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def frame_at(self, unix_s: float) -> float:
        """Return the (fractional) number of the frame at a time."""
        return (unix_s - self.started_unix_s) * FPS

    def _run(self) -> None:
        index = 0
        while not self._stop.wait(max(self._started_s + index / FPS - time.perf_counter(), 0)):
            self._hub.take(result(index), time.perf_counter())
            index += 1


def send(name: str, text: str, received: list[str]) -> None:
    """Send a marker as a program that ends afterwards."""
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo(name, "Markers", 1, 0, "string", name))
    assert outlet.wait_for_consumers(30)
    outlet.push_sample([text])
    until(lambda: text in received)


def test_markers_of_a_program_that_was_started_again_arrive(lsl_config: str) -> None:
    received: list[str] = []
    inlet = MarkerInlet(lambda text, _: received.append(text))
    try:
        send("first run", "1", received)
        until(lambda: not inlet.streams)
        send("second run", "2", received)
    finally:
        inlet.close()


@pytest.fixture(scope="module")
def recorded(lsl_config: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """One session with a camera, a marker inlet, and a recorder of both streams as XDF."""
    if not can_shift_clocks():
        pytest.skip("this system does not allow time namespaces")
    hub = StreamHub([LslSink(channels_of(LABELS), 1)], 1)
    received: list[tuple[str, float | None]] = []
    inlet = MarkerInlet(lambda text, moment_s: received.append((text, hub.stream_time(moment_s))))
    command = [*_SHIFTED, sys.executable, str(SENDER), lsl_config, str(MARKERS)]
    sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    camera = Camera(hub)
    streams = [pylsl.resolve_byprop("type", kind, 1, 60)[0] for kind in (KIND, "Markers")]
    recorder = XdfRecorder(streams)
    assert sender.stdout is not None
    line = ""
    reader = threading.Thread(target=lambda: lines.append(sender.stdout.readline()))  # type: ignore[union-attr]
    lines: list[str] = []
    reader.start()
    deadline_s = time.monotonic() + 90
    while (not lines or len(received) < MARKERS) and time.monotonic() < deadline_s:
        recorder.pull()
        time.sleep(0.05)
    line = lines[0] if lines else "nan"
    ahead_s = float(line) - pylsl.local_clock()
    recorder.measure_offsets()
    recorder.pull()
    camera.stop()
    path = tmp_path_factory.mktemp("xdf") / "session.xdf"
    recorder.write(path)
    yield {"camera": camera, "received": received, "xdf": path, "ahead_s": ahead_s}
    inlet.close()
    hub.close()
    sender.kill()
    sender.wait()


def test_the_other_clock_was_three_seconds_ahead(recorded) -> None:
    assert recorded["ahead_s"] == pytest.approx(AHEAD_S, abs=1)


def test_markers_land_on_the_right_frame(recorded) -> None:
    camera, received = recorded["camera"], recorded["received"]
    assert len(received) == MARKERS
    off = [time_s * FPS - camera.frame_at(float(text)) for text, time_s in received]
    assert max(map(abs, off)) <= 1, off


def test_an_xdf_file_agrees_within_a_frame(recorded) -> None:
    streams, _ = pyxdf.load_xdf(str(recorded["xdf"]), dejitter_timestamps=False)
    faces = next(one for one in streams if one["info"]["type"] == [KIND])
    markers = next(one for one in streams if one["info"]["type"] == ["Markers"])
    labels = [one["label"][0] for one in faces["info"]["desc"][0]["channels"][0]["channel"]]
    assert labels == [channel.name for channel in channels_of(LABELS)]
    frames = faces["time_series"][:, labels.index("frame_index")]
    for index, values in zip(frames.astype(int), faces["time_series"], strict=True):
        np.testing.assert_array_equal(values[: len(LABELS)], result(index).faces[0].probabilities)
    assert len(markers["time_stamps"]) == MARKERS
    camera = recorded["camera"]
    for (text,), stamp_s in zip(markers["time_series"], markers["time_stamps"], strict=True):
        seen = np.interp(stamp_s, faces["time_stamps"], frames)
        assert abs(seen - camera.frame_at(float(text))) <= 1
