"""Passes each sample to all outputs on a separate thread, so that no receiver slows the analysis down."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from emotion.streams.samples import Sample, Slots
from emotion.streams.stream_clock import StreamClock
from emotion.types import FrameResult

_WAITING = 64
"""Maximum number of waiting samples; when it is reached, a new sample replaces the oldest."""
_RATE_S = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """State of an output.

    Attributes:
        kind: Such as ``OSC``.
        target: Where it sends to, for people.
        receivers: Number of connected receivers; None if that cannot be known.
        sent: Number of samples sent.
        left_out: Number of samples dropped because a receiver or an output was too slow.
        problem: What is wrong, for people; empty if nothing is.
    """

    kind: str
    target: str
    receivers: int | None
    sent: int
    left_out: int = 0
    problem: str = ""


class Sink(Protocol):
    """An output."""

    def send(self, sample: Sample) -> None:
        """Send a sample; must not wait for receivers."""

    def status(self) -> SinkStatus:
        """Return its state. Called from any thread."""

    def close(self) -> None:
        """Stop sending."""


class StreamHub:
    """The outputs of one live session.

    Args:
        sinks: The outputs; closed with the hub.
        people: Number of slots.
    """

    def __init__(self, sinks: Sequence[Sink], people: int) -> None:
        self._sinks, self._slots, self._clock = tuple(sinks), Slots(people), StreamClock()
        self._waiting: queue.Queue[Sample | None] = queue.Queue(_WAITING)
        self._left_out = 0
        self._closing = False
        self._sent_at: list[float] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)
        self._thread.start()

    @property
    def clock(self) -> StreamClock:
        """Converts between the stream's time and this machine's monotonic clock."""
        return self._clock

    def take(self, result: FrameResult, arrived_s: float) -> None:
        """Send the result of a frame, unless the hub is being closed. Called on the analysis thread.

        Args:
            result: The result, with probabilities and track ids.
            arrived_s: ``time.perf_counter`` when the frame arrived, seconds.
        """
        with self._lock:
            if self._closing:
                return  # it could displace the end of the queue, and the thread would wait for ever
            clock_s = self._clock.stamp(result.time_s, arrived_s)
            people = self._slots.people_of(result)
            self._put(Sample(result.frame_index, result.time_s, clock_s, len(result.faces), people))

    def stream_time(self, clock_s: float) -> float | None:
        """Return the stream's time at a moment of the monotonic clock; None before the first frame."""
        with self._lock:
            return self._clock.stream_time(clock_s)

    def statuses(self) -> list[SinkStatus]:
        """Return the state of each output; samples dropped before they reached the outputs count for each."""
        statuses = [sink.status() for sink in self._sinks]
        return [replace(status, left_out=status.left_out + self._left_out) for status in statuses]

    def rate(self) -> float:
        """Return the number of samples sent per second, over the last five seconds."""
        now_s = time.monotonic()
        recent = [moment for moment in list(self._sent_at) if now_s - moment <= _RATE_S]
        return len(recent) / _RATE_S

    def close(self) -> None:
        """Send the waiting samples, and close all outputs."""
        with self._lock:
            self._closing = True
        self._waiting.put(None)
        self._thread.join(10)
        for sink in self._sinks:
            sink.close()

    def _put(self, sample: Sample) -> None:
        """Queue a sample; if the queue is full, drop the oldest ones."""
        while True:
            try:
                self._waiting.put_nowait(sample)
                return
            except queue.Full:
                self._left_out += 1
                with contextlib.suppress(queue.Empty):
                    self._waiting.get_nowait()

    def _run(self) -> None:
        while (sample := self._waiting.get()) is not None:
            for sink in self._sinks:
                try:
                    sink.send(sample)
                except Exception:  # one output must not stop the others
                    log.exception("an output failed")
            now_s = time.monotonic()
            self._sent_at = [moment for moment in self._sent_at if now_s - moment <= _RATE_S] + [now_s]
