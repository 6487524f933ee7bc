"""Values received by LSL, OSC and WebSocket equal the timeline; access checks; slow and missing receivers."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pylsl
import pytest
from pythonosc.osc_bundle import OscBundle
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from emotion.analytics.timeline import TimelineBuilder
from emotion.errors import InputError, LiveError
from emotion.streams import StreamHub, StreamOptions, channels_of, open_hub
from emotion.streams.lsl import KIND, LslSink
from emotion.streams.osc import OscSink
from emotion.streams.websocket import WebSocketSink
from tests.conftest import ROOT
from tests.streams.receiver import from_bytes
from tests.streams.results import FPS, LABELS, result

CHANNELS = channels_of(LABELS)
NAMES = [channel.name for channel in CHANNELS]
FRAMES = 30
GONE = {10, 11, 12}
"""Frames without a person in view."""


def tracks(index: int) -> tuple[int, ...]:
    return () if index in GONE else (1, 2) if index > 20 else (1,)


@pytest.fixture
def osc_receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        yield receiver


def outlets() -> list[pylsl.StreamInfo]:
    found: list[pylsl.StreamInfo] = []
    for _ in range(50):
        found = pylsl.resolve_byprop("type", KIND, 2, 5)
        if len(found) == 2:
            break
    return sorted(found, key=lambda info: info.source_id())


def play(hub: StreamHub) -> TimelineBuilder:
    """Send the frames in real time, and return their timeline."""
    timeline, start_s = TimelineBuilder(LABELS), time.perf_counter()
    for index in range(FRAMES):
        time.sleep(max(start_s + index / FPS - time.perf_counter(), 0))
        each = result(index, tracks(index))
        timeline.add(each)
        hub.take(each, time.perf_counter())
    return timeline


@pytest.mark.slow
def test_all_receivers_get_the_timelines_values(osc_receiver: socket.socket) -> None:
    lsl = LslSink(CHANNELS, 2, {"model": "everyface"})
    osc = OscSink(CHANNELS, *osc_receiver.getsockname())
    ws = WebSocketSink(CHANNELS, 2)
    hub = StreamHub([lsl, osc, ws], 2)
    inlets = [pylsl.StreamInlet(info) for info in outlets()]
    for inlet in inlets:
        inlet.open_stream(10)
    address = f"ws://127.0.0.1:{ws.port}/"
    with connect(address) as json_client, connect(f"{address}?format=binary") as binary_client:
        header = json.loads(json_client.recv(10))
        binary_client.recv(10)
        time.sleep(0.3)
        timeline = play(hub).build()[0].set_index(["frame_index", "track_id"])
        texts = [json.loads(json_client.recv(10)) for _ in range(FRAMES)]
        contents = [from_bytes(binary_client.recv(10), len(CHANNELS)) for _ in range(FRAMES)]
        statuses = {status.kind: status for status in hub.statuses()}
    pushed = [[inlet.pull_sample(timeout=10) for _ in range(FRAMES)] for inlet in inlets]
    bundles = [OscBundle(osc_receiver.recv(65536)) for _ in range(FRAMES)]
    _expect_header(inlets[0].info(10))
    hub.close()

    assert [status.sent for status in statuses.values()] == [FRAMES] * 3
    assert statuses["WebSocket"].receivers == 2
    assert statuses["LSL"].receivers == 2
    assert [channel["name"] for channel in header["channels"]] == NAMES
    for index in range(FRAMES):
        for slot, track in ((1, 1), (2, 2)):
            values = np.array(pushed[slot - 1][index][0], np.float32)
            in_json = [one for one in texts[index]["people"] if one["slot"] == slot]
            in_bytes = [one for one in contents[index].people if one.slot == slot]
            in_osc = {message.address: message.params[0] for message in bundles[index]}
            assert in_osc[f"/emotion/person/{slot}/present"] == len(in_json) == len(in_bytes)
            assert values[NAMES.index("frame_index")] == index
            if track not in tracks(index):
                assert in_json == []
                assert np.isnan(np.delete(values, NAMES.index("frame_index"))).all(), "no face"
                continue
            row = timeline.loc[(index, track)]
            expected = np.array([{"track_id": track, "frame_index": index}.get(name, row.get(name)) for name in NAMES])
            np.testing.assert_array_equal(values, expected.astype(np.float32))
            np.testing.assert_array_equal(in_bytes[0].values, values)
            shown = [np.nan if value is None else value for value in in_json[0]["values"].values()]
            np.testing.assert_array_equal(np.array(shown, np.float32), values)
            for name, value in zip(NAMES, values.tolist(), strict=True):
                if name not in {"track_id", "frame_index"} and not np.isnan(value):
                    assert np.float32(in_osc[f"/emotion/person/{slot}/{name}"]) == np.float32(value)


def _expect_header(info: pylsl.StreamInfo) -> None:
    assert (info.type(), info.channel_count()) == (KIND, len(CHANNELS))
    one = info.desc().child("channels").child("channel")
    labels = []
    while not one.empty():
        labels.append((one.child_value("label"), one.child_value("unit"), one.child_value("type")))
        one = one.next_sibling("channel")
    assert labels == [(channel.name, channel.unit, channel.kind) for channel in CHANNELS]
    assert info.desc().child("acquisition").child_value("model") == "everyface"


@pytest.mark.slow
def test_stamps_are_on_lsls_clock_and_regular() -> None:
    hub = StreamHub([LslSink(CHANNELS, 2)], 2)
    inlet = pylsl.StreamInlet(outlets()[0])
    inlet.open_stream(10)
    time.sleep(0.2)
    before_s = pylsl.local_clock()
    play(hub)
    stamps = np.array([inlet.pull_sample(timeout=10)[1] for _ in range(FRAMES)])
    hub.close()
    assert before_s - 0.05 < stamps[0] < pylsl.local_clock()
    assert abs(np.median(np.diff(stamps)) - 1 / FPS) < 0.002


@contextlib.contextmanager
def websocket(**options: object) -> Iterator[WebSocketSink]:
    sink = WebSocketSink(CHANNELS, 1, **options)  # type: ignore[arg-type]
    yield sink
    sink.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": "https://evil.example"}, 403), ({"Host": "evil.example"}, 421), ({"Origin": "null"}, 403)],
)
def test_a_websocket_refuses_other_sites(headers: dict[str, str], status: int) -> None:
    with websocket() as sink, pytest.raises(InvalidStatus) as caught, socket.create_connection(
        ("127.0.0.1", sink.port)
    ) as raw:  # fmt: skip
        host = headers.get("Host", f"127.0.0.1:{sink.port}")
        others = {name: value for name, value in headers.items() if name != "Host"}
        connect(f"ws://{host}/", sock=raw, additional_headers=others)
    assert caught.value.response.status_code == status


def test_a_websocket_beyond_this_machine_needs_a_token() -> None:
    with pytest.raises(LiveError, match="EMOTION_STREAMS_TOKEN"):
        WebSocketSink(CHANNELS, 1, "0.0.0.0")
    with websocket(address="0.0.0.0", token="sixteen letters!") as sink:
        address = f"ws://127.0.0.1:{sink.port}/"
        for wrong in (address, f"{address}?token=wrong"):
            with pytest.raises(InvalidStatus) as caught:
                connect(wrong)
            assert caught.value.response.status_code == 401
        with connect(address, additional_headers={"Authorization": "Bearer sixteen letters!"}) as client:
            assert json.loads(client.recv(10))["type"] == "header"
        with connect(f"{address}?token=sixteen%20letters%21") as client:
            assert json.loads(client.recv(10))["type"] == "header"


@pytest.mark.slow
def test_a_receiver_that_does_not_read_slows_nobody_down() -> None:
    with websocket() as sink, connect(f"ws://127.0.0.1:{sink.port}/", max_queue=1, close_timeout=1) as slow:
        hub = StreamHub([sink], 1)
        slow.recv(10)
        began_s = time.perf_counter()
        for index in range(2_000):
            hub.take(result(0), began_s + index)
        took_s = time.perf_counter() - began_s
        hub.close()
        assert not sink._thread.is_alive(), "it ends, although the receiver does not answer"
    assert took_s < 60
    assert hub._waiting.qsize() == 0


def test_osc_without_a_receiver_is_no_error() -> None:
    sink = OscSink(CHANNELS, "127.0.0.1", 9)
    hub = StreamHub([sink], 1)
    for index in range(3):
        hub.take(result(index), time.perf_counter())
        time.sleep(0.05)
    hub.close()
    assert sink.status().receivers is None


def test_settings_decide_what_may_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(**options: object) -> None:
        open_hub(StreamOptions(**options), LABELS, {}).close()  # type: ignore[arg-type]

    opened(websocket=0)
    with pytest.raises(LiveError, match="EMOTION_STREAMS=network"):
        opened(osc=(("192.0.2.1", 9000),))
    with pytest.raises(LiveError, match="EMOTION_STREAMS=network"):
        opened(websocket=0, websocket_address="0.0.0.0")
    with pytest.raises(LiveError, match="1 to 8"):
        opened(people=9)
    monkeypatch.setenv("EMOTION_STREAMS", "network")
    opened(osc=(("192.0.2.1", 9000),))
    with pytest.raises(LiveError, match="TOKEN"):
        opened(websocket=0, websocket_address="0.0.0.0")
    monkeypatch.setenv("EMOTION_STREAMS", "off")
    with pytest.raises(LiveError, match="is off"):
        opened(websocket=0)
    opened()


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(LiveError, match="cannot listen"):
            WebSocketSink(CHANNELS, 1, port=taken.getsockname()[1])


def test_a_port_in_use_is_named_while_the_server_thread_still_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    run = WebSocketSink._run
    monkeypatch.setattr(WebSocketSink, "_run", lambda sink: (run(sink), time.sleep(0.3)))
    test_a_port_in_use_is_named()


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_websocket_refuses_an_invalid_port(port: int) -> None:
    with pytest.raises(InputError, match=f"expected a port, 1 to 65535; got {port}"):
        WebSocketSink(CHANNELS, 1, port=port)


def test_a_host_that_cannot_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_STREAMS", "network")
    monkeypatch.setenv("EMOTION_STREAMS_TOKEN", "sixteen letters!")
    with pytest.raises(LiveError, match=r"expected a known host for OSC; got a\.\.b"):
        open_hub(StreamOptions(osc=(("a..b", 9000),)), LABELS, {})
    with pytest.raises(LiveError, match=r"cannot listen on a\.\.b"):
        open_hub(StreamOptions(websocket=0, websocket_address="a..b"), LABELS, {})


def test_a_server_that_ends_says_why_and_counts_nothing_as_sent() -> None:
    with websocket() as sink, connect(f"ws://127.0.0.1:{sink.port}/") as client:
        client.recv(10)
        hub = StreamHub([sink], 1)
        [waiting] = sink._stop._waiters  # type: ignore[attr-defined]
        sink._loop.call_soon_threadsafe(waiting.set_exception, OSError(24, "Too many open files"))
        sink._thread.join(10)
        hub.take(result(0), time.perf_counter())
        hub.close()
    [status] = hub.statuses()
    assert (status.sent, status.left_out) == (0, 1)
    assert status.problem.endswith("Too many open files")


_LISTENING = """
import os, pylsl
from emotion.streams import channels_of
from emotion.streams.lsl import LslSink

sink = LslSink(channels_of(["neutral"]), 2)
folder = "/proc/self/fd"
own = {os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder) if os.path.exists(f"{folder}/{fd}")}
for kind in ("tcp", "tcp6", "udp", "udp6"):
    for line in open(f"/proc/net/{kind}").read().splitlines()[1:]:
        cells = line.split()
        if f"socket:[{cells[9]}]" in own:
            print(kind, *cells[1].split(":"))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_lsl_answers_searches_on_loopback_only() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "LSLAPICFG"}
    command = [sys.executable, "-c", _LISTENING]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    sockets = [tuple(line.split()) for line in done.stdout.splitlines()]
    assert {kind for kind, _, _ in sockets} == {"tcp", "udp"}, "no IPv6"
    assert {address for _, address, port in sockets if int(port, 16) == 16571} == {"0100007F"}, "127.0.0.1"
