"""The live page with a stand-in for streamlit-webrtc, which needs a browser."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from streamlit.testing.v1 import AppTest
from websockets.sync.client import connect

import emotion
from bench.common.process import free_port
from emotion.errors import LiveError
from emotion.library import State
from emotion.live import SEATS, LiveSession
from emotion.samples import sample_image
from tests.conftest import ROOT
from tests.pages.test_pages import page, press, texts
from tests.waiting import until
from ui.live.camera_stream import CameraStream
from ui.live.controls import CLIP_NOT_HIDDEN

PATIENCE_S = 60.0

pytestmark = [pytest.mark.skipif(not emotion.list_models(), reason="no model is installed"), pytest.mark.slow]


class Portrait(MediaStreamTrack):
    """A camera that shows the sample portrait endlessly."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        image = cv2.resize(sample_image()[20:320, 60:460], (320, 240), interpolation=cv2.INTER_AREA)
        self.planes = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2YUV_I420)
        self.count = 0

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(1 / 30)
        if self.readyState != "live":
            raise MediaStreamError
        frame = av.VideoFrame.from_ndarray(self.planes, format="yuv420p")
        frame.pts, frame.time_base = self.count * 3000, Fraction(1, 90_000)
        self.count += 1
        return frame


class Streamer:
    """Stand-in for ``webrtc_streamer``: records its calls, and connects a camera on demand."""

    def __init__(self) -> None:
        self.calls: list[dict] = []
        self.connects = False
        self.refuses: LiveError | None = None
        self.line: CameraStream | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def __call__(self, **options) -> None:
        self.calls.append(options)
        if self.refuses is not None:
            raise self.refuses
        if self.connects and not options["sink_video_track"].is_open:
            self.line = options["sink_video_track"]
            asyncio.run_coroutine_threadsafe(self._connect(self.line), self._loop).result(PATIENCE_S)

    async def _connect(self, line: CameraStream) -> None:
        self.track = Portrait()
        line.addTrack(self.track)
        line.start()

    @property
    def session(self) -> LiveSession:
        assert self.line is not None
        assert isinstance(self.line.stage, LiveSession)
        return self.line.stage

    def close(self) -> None:
        if self.line is not None:
            self._loop.call_soon_threadsafe(self.track.stop)
            until(lambda: self.line.stage is None)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def streamer(monkeypatch, library) -> Iterator[Streamer]:
    streamer = Streamer()
    monkeypatch.setattr("ui.live.camera.webrtc_streamer", streamer)
    yield streamer
    streamer.close()


def agreed() -> AppTest:
    test = page("live")
    test.checkbox(key="live_consent").check().run()
    assert not test.exception
    return test


def running(streamer: Streamer, test: AppTest | None = None) -> AppTest:
    """The live page with a running camera that shows a face."""
    streamer.connects = True
    test = (test or agreed()).run()
    until(lambda: bool(streamer.session.snapshot().people))
    test.run()
    assert not test.exception
    return test


def end_camera(streamer: Streamer, test: AppTest) -> None:
    streamer.connects = False
    streamer.track.stop()
    until(lambda: streamer.line.stage is None)
    test.run()
    assert not test.exception


def labels(test: AppTest) -> list[str]:
    return [button.label for button in test.button if not button.disabled]


def test_the_camera_is_locked_until_consent(streamer):
    test = page("live")
    assert streamer.calls == []
    assert "Save the timeline to the library" in texts(test)
    assert "Press **Start the camera**" in texts(agreed())


def test_no_microphone_and_no_external_servers_are_used(streamer):
    test = agreed()
    call = streamer.calls[-1]
    assert call["media_stream_constraints"] == {
        "video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 30}},
        "audio": False,
    }
    assert call["rtc_configuration"] == {"iceServers": []}
    assert labels(test) == []
    test.selectbox[0].set_value((1280, 720)).run()
    assert streamer.calls[-1]["media_stream_constraints"]["video"]["width"] == {"ideal": 1280}


def test_ice_servers_come_from_the_secrets(streamer):
    test = AppTest.from_file(str(ROOT / "pages" / "live.py"), default_timeout=30)
    test.secrets["live"] = {"stun_urls": ["stun:stun.example.org"]}
    test.run().checkbox(key="live_consent").check().run()
    assert streamer.calls[-1]["rtc_configuration"] == {"iceServers": [{"urls": ["stun:stun.example.org"]}]}


def test_invalid_secrets_are_reported(streamer):
    test = AppTest.from_file(str(ROOT / "pages" / "live.py"), default_timeout=30)
    test.secrets["live"] = {"stun_url": "stun:stun.example.org"}
    test.run().checkbox(key="live_consent").check().run()
    assert not test.exception
    assert "expected keys out of" in test.error[0].value
    assert streamer.calls == []


def test_a_visitor_over_the_limit_waits(streamer, monkeypatch):
    monkeypatch.setenv("EMOTION_LIVE_VISITORS", "1")
    holder = type("Holder", (), {})()
    seat = SEATS.take(holder)
    test = agreed()
    assert "All places are taken" in texts(test)
    assert streamer.calls == []
    seat.release()
    assert "All places are taken" not in texts(test.run())
    assert len(streamer.calls) == 1


def test_losing_the_last_seat_shows_a_retry(streamer):
    streamer.refuses = LiveError("Sorry, all 3 places are taken at the moment.")
    test = agreed()
    assert "all 3 places" in texts(test)
    streamer.refuses = None
    press(test, "Try again")
    assert "all 3 places" not in texts(test)


def test_every_camera_problem_is_listed(streamer):
    words = texts(agreed())
    for part in ("https://", "finds no camera", "denies this page access", "TURN server", "Another program"):
        assert part in words


def test_hold_and_options_reach_the_running_session(streamer):
    test = running(streamer)
    assert labels(test) == ["Hold", "Baseline", "Record"]
    assert all(box.disabled for box in test.selectbox)
    press(test, "Hold")
    assert streamer.session.snapshot().held
    assert labels(test) == ["Resume", "Record"], "a baseline would wait for ever"
    press(test, "Resume")
    assert not streamer.session.snapshot().held
    test.segmented_control[0].set_value("mesh").run()
    test.toggle[0].set_value(False).run()
    assert (streamer.session.settings.draw, streamer.session.settings.mirror) == ("mesh", False)
    assert streamer.session.settings.hide == "nothing"


def test_every_choice_in_a_control_counts(streamer):
    test = running(streamer)
    for hide in ("blur", "silhouette", "nothing", "blur"):
        test.segmented_control(key="live_hide").set_value(hide).run()
        assert streamer.session.settings.hide == hide
    for eyes in (False, True, False):
        test.toggle(key="live_eyes").set_value(eyes).run()
        assert streamer.session.settings.eyes is eyes


def test_what_is_measured_is_fixed_during_a_recording(streamer):
    test = running(streamer)
    press(test, "Record")
    assert (test.toggle(key="live_eyes").disabled, test.toggle(key="live_movements").disabled) == (True, True)
    assert not test.toggle(key="live_mirror").disabled
    press(test, "Stop recording")
    test.toggle(key="live_eyes").set_value(False).run()
    assert not streamer.session.settings.eyes


def test_a_disk_that_fills_up_does_not_move_the_camera(streamer, monkeypatch):
    """The browser loads the camera's frame again if it moves, which ends camera and sending."""
    test = running(streamer)
    consent = test.checkbox(key="live_consent")
    (before,) = (place for place, child in test.main.children.items() if child == consent)
    monkeypatch.setattr("emotion.library.Library.is_full", True)
    test.run()
    assert "disk is full" in test.warning[0].value
    consent = test.checkbox(key="live_consent")
    assert test.main.children[before] == consent


def test_the_tick_for_a_clip_stays_and_says_that_faces_are_not_hidden(streamer, repository):
    test = running(streamer)
    test.checkbox(key="live_with_clip").check().run()
    assert CLIP_NOT_HIDDEN not in texts(test)
    test.segmented_control(key="live_hide").set_value("blur").run()
    assert CLIP_NOT_HIDDEN in texts(test)
    for recordings in (1, 2):
        press(test, "Record")
        assert streamer.session.snapshot().recording.with_clip
        assert test.checkbox(key="live_with_clip").disabled
        press(test, "Stop recording")
        assert repository.search().total >= recordings
    end_camera(streamer, test)
    running(streamer, test)
    assert test.checkbox(key="live_with_clip").value


def test_a_recording_goes_to_the_library_and_is_linked(streamer, repository):
    test = running(streamer)
    assert repository.search().total == 0, "nothing is recorded by default"
    press(test, "Record")
    until(lambda: streamer.session.snapshot().recording.seconds > 0.5)
    press(test, "Stop recording")
    (entry,) = repository.search().entries
    assert entry.state is State.DONE
    assert re.fullmatch(r"Live, \d+ \w+ \d{4}, \d\d:\d\d:\d\d", entry.title), "recordings of one minute differ"
    assert not entry.has_video
    assert "Open the timeline" in labels(test)
    assert set(repository.load_analysis(entry.id).timeline["emotion"]) == {"happiness"}


def test_a_recording_has_the_title_that_was_typed_before_it(streamer, repository):
    test = running(streamer)
    test.text_input(key="live_title").set_value(" P07, checkout ").run()
    press(test, "Record")
    press(test, "Stop recording")
    assert test.text_input(key="live_title").value == "", "the next one is of somebody else"
    press(test, "Record")
    press(test, "Stop recording")
    titles = sorted(entry.title for entry in repository.search().entries)
    assert titles[1] == "P07, checkout"
    assert titles[0].startswith("Live, ")


def test_moments_are_marked_while_recording(streamer, repository):
    test = running(streamer)
    assert "Mark" not in labels(test)
    press(test, "Record")
    until(lambda: streamer.session.snapshot().recording.seconds > 0.3)
    press(test, "Mark")
    test.text_input(key="live_event").set_value(" Task 1 ").run()
    until(lambda: streamer.session.snapshot().recording.seconds > 0.6)
    press(test, "Mark")
    assert streamer.session.snapshot().recording.marks == 2
    press(test, "Stop recording")
    (entry,) = repository.search().entries
    first, second = entry.edits.events
    assert (first.label, second.label) == ("mark", "Task 1")
    assert 0.3 <= first.span.start_s < second.span.start_s <= repository.load_analysis(entry.id).info.duration_s


def test_why_an_action_failed_stays_until_one_succeeds(streamer, repository):
    test = running(streamer)
    # As from another run of the page.
    streamer.session.record(repository, "Live")
    press(test, "Record")
    for _ in range(2):
        assert test.error[0].value == "This session is being recorded already."
        test.run()
    assert not press(test, "Hold").error
    press(test, "Stop recording")


def test_an_ended_camera_leaves_the_page_ready_and_the_recording_linked(streamer, repository):
    test = running(streamer)
    press(test, "Record")
    until(lambda: streamer.session.snapshot().recording.seconds > 0.3)
    end_camera(streamer, test)
    assert "Press **Start the camera**" in texts(test)
    assert labels(test) == ["Open the timeline"]
    assert repository.search().entries[0].state is State.DONE
    assert SEATS.taken == 0


def test_withdrawn_consent_ends_camera_and_recording_at_once(streamer, repository):
    test = running(streamer)
    press(test, "Record")
    until(lambda: streamer.session.snapshot().recording.seconds > 0.3)
    test.checkbox(key="live_consent").uncheck().run()
    assert streamer.line.is_over
    assert repository.search().entries[0].state is State.DONE
    assert labels(test) == ["Open the timeline"]


def test_values_are_sent_to_other_programs_until_stopped(streamer):
    test = running(streamer)
    assert "Start sending" not in labels(test), "nothing is selected"
    port = free_port()
    test.toggle(key="live_send_ws").set_value(True)
    test.number_input(key="live_send_port").set_value(port)
    test.run()
    press(test, "Start sending")
    assert f"WebSocket to ws://127.0.0.1:{port}" in texts(test).replace("**", "")
    with connect(f"ws://127.0.0.1:{port}/") as client:
        header = json.loads(client.recv(30))
        assert (header["type"], header["model"]) == ("header", streamer.session.model)
        assert json.loads(client.recv(30))["type"] == "frame"
    press(test, "Stop sending")
    with pytest.raises(OSError):
        connect(f"ws://127.0.0.1:{port}/")
    assert test.toggle(key="live_send_ws").value, "the choices stay"
    assert test.number_input(key="live_send_port").value == port


def test_a_wrong_address_is_reported_and_settings_hide_the_panel(streamer, monkeypatch):
    test = running(streamer)
    test.text_input(key="live_send_osc").set_value("192.0.2.1:9000").run()
    press(test, "Start sending")
    assert "EMOTION_STREAMS=network" in texts(test)
    monkeypatch.setenv("EMOTION_STREAMS", "off")
    test.run()
    assert not [box for box in test.expander if box.label == "Send values to other programs"]
