"""``python -m bench.live_streams``: latency from a decoded frame to receivers by LSL, OSC and WebSocket.

Plays a clip through a live session with three outputs, each with a receiver on another thread of the same process.
Latency is the time from the decoding of a frame to the arrival of its values. Jitter is the standard deviation of the
difference between intervals of time stamps and those of the camera.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pylsl
from pythonosc.osc_bundle import OscBundle
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from bench.common.records import STREAMS, facts, write_section
from bench.report import write_readme
from emotion.engine.analyzer import Analyzer
from emotion.live import LiveSession, LiveSettings
from emotion.live.camera_source import read_file
from emotion.samples import make_clip
from emotion.streams import StreamHub, channels_of
from emotion.streams.lsl import KIND, LslSink
from emotion.streams.osc import OscSink
from emotion.streams.websocket import WebSocketSink

_WARM_UP = 25
"""Frames at the start that are not counted."""
Arrived = dict[int, tuple[float, float, float]]
"""Frame number → times of decoding and of the result (``time.perf_counter``), and the camera's time, seconds."""
Received = dict[int, tuple[float, float]]
"""Frame number → time of arrival and time stamp, both on ``time.perf_counter``, seconds."""


def measure_streams(clip: Path, loops: int) -> dict[str, dict[str, Any]]:
    """Return latency and jitter of each output, and the time of the analysis itself.

    Args:
        clip: Video to play.
        loops: Number of times to play it.
    """
    analyzer = Analyzer()
    analyzer.warm()
    channels = channels_of(analyzer.labels)
    session, arrived = LiveSession(analyzer, LiveSettings(draw="nothing")), Arrived()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as osc:
        osc.bind(("127.0.0.1", 0))
        lsl, websocket = LslSink(channels, 1), WebSocketSink(channels, 1)
        hub = StreamHub([lsl, OscSink(channels, *osc.getsockname()), websocket], 1)
        index = [channel.name for channel in channels].index("frame_index")
        receivers = {"LSL": _receive_lsl(index), "OSC": _receive_osc(osc), "WebSocket": _receive_text(websocket.port)}
        session.listen(
            lambda result, came_s: arrived.update({result.frame_index: (came_s, time.perf_counter(), result.time_s)})
        )
        session.listen(hub.take)
        for captured in read_file(clip, loops=loops):
            session.process(captured.frame, captured.time_s, arrived_s=captured.arrived_s)
        time.sleep(1)
        hub.close()
    analysed = {number: (done_s, came_s) for number, (came_s, done_s, _) in arrived.items()}
    return {
        "machine": {"load": round(os.getloadavg()[0], 1)},
        "analysis": _figures(analysed, arrived),
        **{name: _figures(received, arrived) for name, received in receivers.items()},
    }


def _figures(received: Received, arrived: Arrived) -> dict[str, Any]:
    """Return the figures of one receiver."""
    counted = [number for number in sorted(received) if number >= _WARM_UP and number in arrived]
    latency_ms = np.array([(received[number][0] - arrived[number][0]) * 1000 for number in counted])
    following = [number for number in counted if number + 1 in received]
    off_ms = np.array([(_step(received, number, 1) - _step(arrived, number, 2)) * 1000 for number in following])
    return {
        "frames": len(counted),
        "lost": sum(number >= _WARM_UP for number in arrived) - len(counted),
        "median_ms": round(float(np.median(latency_ms)), 2),
        "p95_ms": round(float(np.percentile(latency_ms, 95)), 2),
        "stamp_jitter_ms": round(float(np.std(off_ms)), 3),
    }


def _step(moments: Mapping[int, tuple[float, ...]], number: int, which: int) -> float:
    return moments[number + 1][which] - moments[number][which]


def _background(receive: Callable[[Received], None]) -> Received:
    received: Received = {}
    threading.Thread(target=receive, args=(received,), daemon=True).start()
    return received


def _receive_lsl(index: int) -> Received:
    inlet = pylsl.StreamInlet(pylsl.resolve_byprop("type", KIND, 1, 10)[0])
    inlet.open_stream(10)

    def receive(received: Received) -> None:
        while True:
            values, stamp_s = inlet.pull_sample(timeout=5)
            if values is None:
                return
            now_s = time.perf_counter()
            received[int(values[index])] = now_s, stamp_s - pylsl.local_clock() + now_s

    return _background(receive)


def _receive_osc(receiver: socket.socket) -> Received:
    receiver.settimeout(5)

    def receive(received: Received) -> None:
        while True:
            try:
                content = receiver.recv(65536)
            except OSError:
                return
            now_s, bundle = time.perf_counter(), OscBundle(content)
            received[int(next(iter(bundle)).params[0])] = now_s, bundle.timestamp - time.time() + now_s

    return _background(receive)


def _receive_text(port: int) -> Received:
    client = connect(f"ws://127.0.0.1:{port}/").__enter__()
    client.recv(10)

    def receive(received: Received) -> None:
        while True:
            try:
                text = client.recv(10)
            except (TimeoutError, ConnectionClosed):
                return
            now_s, values = time.perf_counter(), json.loads(text)
            received[values["frame_index"]] = now_s, values["unix_s"] - time.time() + now_s

    return _background(receive)


def main() -> None:
    """Measure, write the section, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, help="(default: the sample clip)")
    parser.add_argument("--loops", type=int, default=10)
    options = parser.parse_args()
    clip = options.clip or make_clip(Path(tempfile.mkdtemp()) / "clip.mp4")
    found = measure_streams(clip, options.loops)
    write_section(STREAMS, facts(), found)
    write_readme()
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
