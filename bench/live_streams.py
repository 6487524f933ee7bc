"""``python -m bench.live_streams``: the way from a decoded frame to receivers by LSL, OSC and WebSocket.

Plays a clip through a live session with three outputs, each with a receiver on another thread of the same process.
Latency is from the moment a frame was decoded to the moment its values were received. Jitter is how much the intervals
between stamps differ from those between the camera's own times (standard deviation).
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

_SKIPPED = 25
"""Frames at the start that do not count: models and connections warm up."""
Arrived = dict[int, tuple[float, float, float]]
"""Frame number → when it was decoded, when it was analysed (``time.perf_counter``), and the camera's time, seconds."""
Came = dict[int, tuple[float, float]]
"""Frame number → when it came and its stamp, both on ``time.perf_counter``, seconds."""


def measure_streams(clip: Path, loops: int) -> dict[str, dict[str, Any]]:
    """Return latency and jitter of each output, and the time of the analysis itself.

    Args:
        clip: Video to play.
        loops: How often.
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
        **{name: _figures(came, arrived) for name, came in receivers.items()},
    }


def _figures(came: Came, arrived: Arrived) -> dict[str, Any]:
    """Return the figures of one receiver."""
    counted = [number for number in sorted(came) if number >= _SKIPPED and number in arrived]
    latency_ms = np.array([(came[number][0] - arrived[number][0]) * 1000 for number in counted])
    following = [number for number in counted if number + 1 in came]
    off_ms = np.array([(_step(came, number, 1) - _step(arrived, number, 2)) * 1000 for number in following])
    return {
        "frames": len(counted),
        "lost": sum(number >= _SKIPPED for number in arrived) - len(counted),
        "median_ms": round(float(np.median(latency_ms)), 2),
        "p95_ms": round(float(np.percentile(latency_ms, 95)), 2),
        "stamp_jitter_ms": round(float(np.std(off_ms)), 3),
    }


def _step(moments: Mapping[int, tuple[float, ...]], number: int, which: int) -> float:
    return moments[number + 1][which] - moments[number][which]


def _background(receive: Callable[[Came], None]) -> Came:
    came: Came = {}
    threading.Thread(target=receive, args=(came,), daemon=True).start()
    return came


def _receive_lsl(index: int) -> Came:
    inlet = pylsl.StreamInlet(pylsl.resolve_byprop("type", KIND, 1, 10)[0])
    inlet.open_stream(10)

    def receive(came: Came) -> None:
        while True:
            values, stamp_s = inlet.pull_sample(timeout=5)
            if values is None:
                return
            here_s = time.perf_counter()
            came[int(values[index])] = here_s, stamp_s - pylsl.local_clock() + here_s

    return _background(receive)


def _receive_osc(receiver: socket.socket) -> Came:
    receiver.settimeout(5)

    def receive(came: Came) -> None:
        while True:
            try:
                content = receiver.recv(65536)
            except OSError:
                return
            here_s, bundle = time.perf_counter(), OscBundle(content)
            came[int(next(iter(bundle)).params[0])] = here_s, bundle.timestamp - time.time() + here_s

    return _background(receive)


def _receive_text(port: int) -> Came:
    client = connect(f"ws://127.0.0.1:{port}/").__enter__()
    client.recv(10)

    def receive(came: Came) -> None:
        while True:
            try:
                text = client.recv(10)
            except (TimeoutError, ConnectionClosed):
                return
            here_s, said = time.perf_counter(), json.loads(text)
            came[said["frame_index"]] = here_s, said["unix_s"] - time.time() + here_s

    return _background(receive)


def main() -> None:
    """Measure, write the section and print it."""
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
