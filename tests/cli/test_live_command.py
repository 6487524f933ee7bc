"""``emotion live`` with a file: the written timeline, received values, markers, and wrong options."""

from __future__ import annotations

import json
import os
import pty
import resource
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.common.process import free_port
from emotion.analytics.files import load_edits, load_parquet
from emotion.cli import live
from emotion.cli.live_file import LiveFile, format_of
from emotion.cli.main import main
from emotion.errors import LiveError
from emotion.labels import FERPLUS_LABELS
from emotion.live.camera_source import Captured
from emotion.live.stream_time import NO_PICTURE, Gaps
from emotion.live.timeline_writer import RecordingInfo
from emotion.samples import make_clip
from tests.conftest import make_face, make_result
from tests.live.cameras import as_frame, portrait
from tests.waiting import until

pytest.importorskip("pylsl")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


def endless(clip: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "emotion", "live", "--file", str(clip), "--loops", "0", "--out", str(out)]


def written_parts(out: Path) -> list[Path]:
    return list(out.with_name(f"{out.name}.parts").rglob("*.parquet"))


def named_command(message: str) -> list[str]:
    """Return the arguments of the command that a message names between quotation marks."""
    program, *arguments = shlex.split(message.partition("“")[2].partition("”")[0])
    assert program == "emotion"
    return arguments


class Listener(threading.Thread):
    """Receives all messages of a WebSocket until it closes."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.came = port, list[dict]()
        self.start()

    def run(self) -> None:
        from websockets.exceptions import ConnectionClosed
        from websockets.sync.client import connect

        for _ in range(600):
            try:
                client = connect(f"ws://127.0.0.1:{self.port}/")
                break
            except OSError:
                threading.Event().wait(0.05)
        with client:
            try:
                while True:
                    self.came.append(json.loads(client.recv(60)))
            except ConnectionClosed:
                return


def test_receivers_get_what_is_written(clip: Path, tmp_path: Path) -> None:
    from tests.streams import conftest  # noqa: F401 – keeps LSL to this process

    port, out = free_port(), tmp_path / "session.parquet"
    listener = Listener(port)
    options = ["--file", str(clip), "--loops", "2", "--lsl", "--markers", "--websocket", str(port), "--out", str(out)]
    assert main(["live", *options]) == 0
    listener.join(20)
    assert not (tmp_path / "session.parquet.parts").exists()
    analysis = load_parquet(out)
    rows = analysis.timeline.set_index(["frame_index", "track_id"])
    sent = [one for one in listener.came if one["type"] == "frame"]
    assert len(sent) >= len(analysis.frames) - 5, "it may connect after the first frames"
    compared = 0
    times = analysis.frames.set_index("frame_index")["time_s"]
    for one in sent:
        assert one["time_s"] == times.loc[one["frame_index"]]
        for person in one["people"]:
            row = rows.loc[(one["frame_index"], person["track_id"])]
            for name in ("p_happiness", "x1", "yaw", "mouth_openness", "gaze_yaw", "face_confidence"):
                value = person["values"][name]
                assert np.float32(np.nan if value is None else value) == pytest.approx(row[name], nan_ok=True, abs=0)
            compared += 1
    assert compared > 20
    assert load_edits(out).events == ()


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_the_seconds_end_a_session_and_other_formats_are_written(clip: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"session{suffix}"
    options = ["--file", str(clip), "--loops", "0", "--seconds", "1", "--no-eyes", "--no-movements", "--out", str(out)]
    assert main(["live", *options]) == 0
    if suffix == ".csv":
        rows = pd.read_csv(out)
        assert "p_happiness" in rows
        assert rows[["eye_openness_left", "lip_gap"]].isna().all(axis=None)
    else:
        assert json.loads(out.read_text())["frames"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--file", "missing.mp4"], "missing.mp4 cannot be opened: there is no such file"),
        (["--camera", "77"], "video77 cannot be read"),
        (["--file", "x.mp4", "--out", "x.doc"], "expected a file that ends in"),
        (["--file", "x.mp4", "--osc", "192.0.2.1:9000"], "EMOTION_STREAMS=network"),
        (["--file", "x.mp4", "--lsl", "--people", "99"], "expected 1 to 8 people"),
        (["--file", "x.mp4", "--markers", "--out", "x.csv"], "a CSV file has no markers"),
    ],
)
def test_wrong_options_are_refused_in_one_line(
    options: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["live", *options]) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert "Traceback" not in error


def test_a_start_that_fails_leaves_nothing_behind(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise LiveError("expected the package pylsl; install the extra streams")

    monkeypatch.setattr(live, "MarkerInlet", failing)
    port, out = free_port(), tmp_path / "session.json"
    options = ["--file", str(clip), "--markers", "--websocket", str(port), "--out", str(out)]
    assert main(["live", *options]) == 2
    assert "expected the package pylsl" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))


def test_an_earlier_session_is_not_overwritten(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "session.csv"
    out.write_text("an hour with a participant")
    assert main(["live", "--file", str(clip), "--seconds", "1", "--out", str(out)]) == 2
    assert "session.csv exists" in capsys.readouterr().err
    assert out.read_text() == "an hour with a participant"


def test_the_seconds_end_a_session_while_nothing_comes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    began_s, out = time.monotonic(), tmp_path / "session.parquet"
    assert main(["live", "--url", f"udp://127.0.0.1:{free_port()}", "--seconds", "1", "--out", str(out)]) == 0
    assert time.monotonic() - began_s < 9, "opening the stream gives up after ten seconds"
    assert "not written, as no frame came" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_of_a_stream_counts_for_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Iterator[Captured]:
        for index in range(40):
            time_s = index / 20 + (3.0 if index >= 20 else 0.0)
            yield Captured(as_frame(portrait(320, 240), index), time_s, time.perf_counter())

    monkeypatch.setattr(live, "read_url", interrupted)
    out = tmp_path / "session.parquet"
    assert main(["live", "--url", "rtsp://camera", "--out", str(out)]) == 0
    (event,) = load_edits(out).events
    assert (event.label, event.excluded) == (NO_PICTURE, True)
    assert (event.span.start_s, event.span.end_s) == pytest.approx((1.0, 4.0))
    assert load_parquet(out).info.fps == pytest.approx(20, rel=0.05)


def test_boxes_are_in_the_size_of_the_first_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def growing(*_: object) -> Iterator[Captured]:
        for index in range(20):
            size = (320, 240) if index < 10 else (640, 480)
            yield Captured(as_frame(portrait(*size), index), index / 20, time.perf_counter())

    monkeypatch.setattr(live, "read_url", growing)
    out = tmp_path / "session.parquet"
    assert main(["live", "--url", "rtsp://camera", "--out", str(out)]) == 0
    analysis = load_parquet(out)
    assert (analysis.info.width, analysis.info.height) == (320, 240)
    assert len(analysis.timeline) == 20
    assert analysis.timeline["x2"].max() < 320
    assert analysis.timeline["x1"].std() < 5


@pytest.fixture
def not_under_nohup() -> Iterator[None]:
    """Let SIGHUP end child processes: under nohup, they would inherit that it is ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("not_under_nohup")
def test_a_closed_terminal_ends_a_session_with_its_file(clip: Path, tmp_path: Path) -> None:
    """The signal comes twice, from the shell and from the system, and nothing can be printed any more."""
    out = tmp_path / "session.parquet"
    terminal, end = pty.openpty()
    with subprocess.Popen(endless(clip, out), stderr=end) as session:
        os.close(end)
        until(lambda: any(written_parts(out)))
        os.close(terminal)
        session.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        session.send_signal(signal.SIGHUP)
        try:
            assert session.wait(60) == 0
        finally:
            session.kill()
    assert len(load_parquet(out).frames) > 0
    assert list(tmp_path.iterdir()) == [out], "no parts are left"


def test_a_killed_session_is_written_by_the_command_that_the_next_one_names(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "my session.parquet"
    with subprocess.Popen(endless(clip, out), stderr=subprocess.DEVNULL) as session:
        until(lambda: any(written_parts(out)))
        session.kill()
    assert not out.exists()
    assert main(["live", "--file", str(clip), "--out", str(out)]) == 2
    assert main(named_command(capsys.readouterr().err)) == 0
    analysis = load_parquet(out)
    assert len(analysis.frames) > 0
    assert not analysis.complete
    assert "interrupted; everything up to" in analysis.note


def test_a_session_that_runs_keeps_its_file(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No message suggests removing parts of a running session, and parts without a frame do not block the next one."""
    out = tmp_path / "session.parquet"
    with subprocess.Popen(endless(clip, out), stderr=subprocess.DEVNULL) as session:
        until(lambda: any(tmp_path.iterdir()))
        assert main(["live", "--file", str(clip), "--out", str(out)]) == 2
        assert "one is writing session.parquet" in capsys.readouterr().err
        session.kill()
    for part in written_parts(out):
        part.unlink()
    assert main(["live", "--file", str(clip), "--seconds", "1", "--out", str(out)]) == 0
    assert list(tmp_path.iterdir()) == [out]


def test_a_full_disk_ends_a_session_and_says_how_to_write_it(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "session.parquet"

    def limit_file_sizes() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    session = subprocess.run(
        endless(clip, out), stderr=subprocess.PIPE, text=True, timeout=60, preexec_fn=limit_file_sizes, check=False
    )
    assert session.returncode == 2
    assert "emotion: the disk is full; free some space and try again with “emotion export" in session.stderr
    assert "Traceback" not in session.stderr
    assert main(named_command(session.stderr)) == 0
    assert len(load_parquet(out).frames) > 0


@pytest.mark.parametrize("freed", [False, True])
def test_a_full_disk_ends_the_recording_and_not_the_sending(clip: Path, tmp_path: Path, freed: bool) -> None:
    port, out = free_port(), tmp_path / "session.parquet"
    command = [*endless(clip, out), "--websocket", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as session:
        resource.prlimit(session.pid, resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
        assert session.stderr is not None
        messages = iter(session.stderr.readline, "")
        stopped = next(
            line for line in messages if "recording stopped, values are still sent: the disk is full" in line
        )
        listener = Listener(port)
        assert next(messages).endswith(". Not recorded\n")
        until(lambda: len(listener.came) > 20)
        if freed:
            resource.prlimit(session.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        session.terminate()  # programs in the background inherit that Ctrl-C is ignored
        rest = "".join(messages)
        assert session.wait(20) == 2
    assert "Traceback" not in rest
    if not freed:
        assert named_command(rest) == named_command(stopped)
        assert main(named_command(rest)) == 0
    else:
        assert "the file ends early" in rest
    frames = load_parquet(out).frames
    assert 0 < frames["time_s"].iloc[-1] < listener.came[-1]["time_s"] - 0.5


def test_an_interrupted_session_keeps_its_events(tmp_path: Path) -> None:
    out = tmp_path / "session.json"
    info = RecordingInfo("model", FERPLUS_LABELS, {"detector": "blazeface", "sampling": {}, "abstain_below": 0.3})
    file = LiveFile(out, format_of(out, with_events=True), info, Gaps())
    for index in (0, 1, 2, 30, 31):
        file.add(make_result(index, [make_face("happiness")]))
    file.mark("stimulus 3", 0.15)
    file.write()
    folder = tmp_path / "session.json.parts"
    assert main(["export", str(folder), "--format", "parquet"]) == 0
    edits = load_edits(tmp_path / "session.timeline.parquet")
    assert [(event.label, event.excluded) for event in edits.events] == [(NO_PICTURE, True), ("stimulus 3", False)]


def test_a_folder_of_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "session.parquet.parts" / "parts").mkdir(parents=True)
    for folder, expected in (
        (tmp_path, "expected a timeline, or the folder"),
        (next(tmp_path.iterdir()), "there are none"),
    ):
        assert main(["export", str(folder), "--format", "csv"]) == 2
        assert expected in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--loops", "-1"], ["--camera", "-1"]])
def test_numbers_below_zero_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["live", *wrong])
    assert "expected a whole number of 0 or more; got -1" in capsys.readouterr().err


def test_an_address_without_a_port_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["live", "--file", "x.mp4", "--osc", "localhost"])
    assert "expected host:port, such as 127.0.0.1:9000; got localhost" in capsys.readouterr().err


def test_a_port_in_use_ends_the_command(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["live", "--file", str(clip), "--websocket", str(port)]) == 2
    error = capsys.readouterr().err
    assert f"the WebSocket cannot listen on 127.0.0.1:{port}" in error
    assert "Traceback" not in error
    assert "WebSocket ws://" not in error, "no value is reported as sent"
