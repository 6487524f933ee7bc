"""``emotion live``: analyses a camera without a browser, sends the values, and writes the timeline."""

from __future__ import annotations

import argparse
import contextlib
import math
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emotion.cli.common.analyzer_options import add_analyzer_options, analyzer_of
from emotion.cli.common.arguments import argument, positive, whole
from emotion.cli.live_file import LiveFile, format_of
from emotion.engine.analyzer import Analyzer
from emotion.engine.exclusive import exclusive
from emotion.errors import InputError, LiveError
from emotion.live import LiveSession, LiveSettings
from emotion.live.camera_source import Captured, read_camera, read_file, read_url
from emotion.live.stream_time import Gaps
from emotion.live.timeline_writer import RecordingInfo
from emotion.streams import StreamHub, StreamOptions, open_hub
from emotion.streams.markers import MarkerInlet
from emotion.streams.options import allows_network
from emotion.types import FrameResult
from emotion.vision.decode.sampling import Sampling
from emotion.web.addresses import parse_address, parse_port

WRITE_S = 1.0
"""Seconds between writes of the timeline."""
_REPORT_S = 2.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--camera", type=whole, metavar="N", help="camera of this machine, /dev/videoN")
    source.add_argument("--url", metavar="URL", help="network stream: rtsp://…, udp://…, rtmp://…, http://…")
    source.add_argument("--file", type=Path, metavar="FILE", help="video that is played at its own speed")
    parser.add_argument(
        "--loops", type=whole, default=1, metavar="N", help="times to play the file, 0 for ever (default: %(default)s)"
    )
    parser.add_argument(
        "--seconds", type=positive(float), metavar="S", help="stop after S seconds (default: run until Ctrl-C)"
    )
    parser.add_argument("--lsl", action="store_true", help="send by Lab Streaming Layer")
    parser.add_argument(
        "--osc",
        action="append",
        default=[],
        type=argument(parse_address),
        metavar="HOST:PORT",
        help="send by OSC; repeatable",
    )
    parser.add_argument("--websocket", type=argument(parse_port), metavar="PORT", help="serve by WebSocket")
    parser.add_argument(
        "--websocket-address",
        default="127.0.0.1",
        metavar="HOST",
        help="listen on this address (default: this machine only)",
    )
    parser.add_argument(
        "--people", type=int, default=1, metavar="N", help="maximum number of people to send, 1 to 8 (default: 1)"
    )
    parser.add_argument("--markers", action="store_true", help="receive LSL markers as events of the timeline")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the timeline to a new .parquet, .csv or .json")
    add_analyzer_options(parser)


def run(options: argparse.Namespace) -> int:
    """Analyse until the source ends, the time limit is reached or a signal arrives, and return 0.

    Raises:
        InputError: The options contradict each other.
        EmotionError: The source, an output or the file cannot be used.
    """
    written = None if options.out is None else format_of(options.out, with_events=options.markers)
    analyzer = analyzer_of(options)
    analyzer.warm()
    about = {"model": analyzer.model, "abstain_below": str(float(analyzer.abstain_below))}
    wanted = StreamOptions(
        options.lsl, tuple(options.osc), options.websocket, options.websocket_address, options.people
    )
    with contextlib.ExitStack() as opened:
        hub = open_hub(wanted, analyzer.labels, about)
        opened.callback(hub.close)
        file = None
        if written is not None:
            refusal = InputError(f"expected a file that no other session writes; one is writing {options.out.name}")
            opened.enter_context(exclusive(options.out.with_name(f".{options.out.name}.lock"), refusal))
            info = RecordingInfo(analyzer.model, analyzer.labels, analyzer.settings(Sampling(), ""))
            # A file has all its frames, so a long time between two of them is not an interruption.
            file = LiveFile(options.out, written, info, None if options.file else Gaps())
        capture = _Run(analyzer, hub, file)
        # Active until the file is written, because a closed terminal sends its signal twice.
        opened.enter_context(_stopped_by_signals(capture.stop))
        opened.callback(capture.finish)
        if options.markers:
            opened.callback(MarkerInlet(capture.mark, network=allows_network()).close)
        capture.analyse(_source(options, capture.stop), options.seconds)
    return 0


@dataclass
class _Run:
    """One run of the command.

    Attributes:
        failure: Why nothing is recorded any more, although values are still sent; None while all is well.
    """

    analyzer: Analyzer
    hub: StreamHub
    file: LiveFile | None
    stop: threading.Event = field(default_factory=threading.Event)
    failure: LiveError | None = None

    def __post_init__(self) -> None:
        self._session = LiveSession(self.analyzer, LiveSettings(draw="nothing"))
        self._session.listen(self._take)

    def analyse(self, frames: Iterator[Captured], seconds: float | None) -> None:
        """Analyse frames until the source ends or the time limit is reached, even while no frames arrive."""
        if seconds is not None:
            timer = threading.Timer(seconds, self.stop.set)
            timer.daemon = True
            timer.start()
        written_s = reported_s = time.monotonic()
        for captured in frames:
            self._session.process(
                captured.frame, captured.time_s, skipped=captured.skipped, arrived_s=captured.arrived_s
            )
            now_s = time.monotonic()
            if self.file is not None and self.failure is None and now_s - written_s >= WRITE_S:
                written_s = now_s
                self._write(self.file)
            if now_s - reported_s >= _REPORT_S:
                reported_s = now_s
                self._report()
            if self.stop.is_set():
                return

    def mark(self, text: str, moment_s: float) -> None:
        """Record another program's marker as an event."""
        time_s = self.hub.stream_time(moment_s)
        if self.file is not None and self.failure is None and time_s is not None and time_s >= 0:
            self.file.mark(text, time_s)

    def finish(self) -> None:
        """Write the timeline, and remove its parts.

        Raises:
            LiveError: It cannot be written, or its end is missing.
        """
        self._session.close()
        if self.file is None:
            return
        _say(self.file.finish())
        if self.failure is not None:
            raise LiveError("the file ends early: later frames were sent, but could not be recorded") from self.failure

    def _take(self, result: FrameResult, arrived_s: float) -> None:
        self.hub.take(result, arrived_s)
        if self.file is not None and self.failure is None:
            self.file.add(result)

    def _write(self, file: LiveFile) -> None:
        """Write what was added. If it cannot be written, values are still sent, if they go anywhere."""
        try:
            file.write()
        except LiveError as error:
            if not self.hub.statuses():
                raise
            self.failure = error
            _say(f"recording stopped, values are still sent: {error}")

    def _report(self) -> None:
        now = self._session.snapshot().load
        sent = ", ".join(f"{one.kind} {one.target}: {one.problem or f'{one.sent:,}'}" for one in self.hub.statuses())
        took = "" if math.isnan(now.median_ms) else f"{now.median_ms:.0f} ms, "
        load = f"{now.analysed_fps:.1f} frames/s, {took}{now.dropped} left out, {now.quality_words}"
        _say(f"{load}. {sent}{'' if self.failure is None else '. Not recorded'}")


class _stopped_by_signals:  # noqa: N801 – a context manager
    """Sets an event at Ctrl-C, SIGTERM or SIGHUP, so that the command shuts down cleanly.

    A second Ctrl-C or SIGTERM ends it at once. A second SIGHUP is ignored: when a terminal is closed, the shell and the
    system both send one.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
                    self._before[number] = signal.signal(number, self._on_signal)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _: object) -> None:
        before = self._before.pop(number, signal.SIG_IGN)  # a signal may interrupt this handler
        signal.signal(number, signal.SIG_IGN if number == signal.SIGHUP else before)
        self._stop.set()


def _source(options: argparse.Namespace, stop: threading.Event) -> Iterator[Captured]:
    if options.file is not None:
        return read_file(options.file, loops=options.loops, stop=stop)
    return read_url(options.url, stop) if options.url is not None else read_camera(options.camera, stop)


def _say(text: str) -> None:
    # A session goes on if its messages are no longer read: the terminal or the pipe may be closed.
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)
