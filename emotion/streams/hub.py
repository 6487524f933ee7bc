"""Gives every sample to every output, on a thread of its own, so that no receiver slows the analysis down."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from emotion.streams.samples import Sample, Slots
from emotion.streams.stream_clock import StreamClock
from emotion.types import FrameResult

_WAITING = 64
"""Samples that may wait; the oldest is left out for a newer one."""
_RATE_S = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """What an output does.

    Attributes:
        kind: Such as ``OSC``.
        target: To whom.
        receivers: Connected receivers; None where nobody knows.
        sent: Samples given to the network.
        left_out: Samples that a slow receiver did not get.
        problem: What goes wrong, for people; empty if nothing.
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
        """Return what it does. Called from any thread."""

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
        self._frames = self._left_out = 0
        self._sent_at: list[float] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)
        self._thread.start()

    @property
    def clock(self) -> StreamClock:
        """Relates the stream's time to this machine's monotonic clock."""
        return self._clock

    def take(self, result: FrameResult, arrived_s: float) -> None:
        """Send the result of a frame. Called by the thread that analyses.

        Args:
            result: With probabilities and track ids.
            arrived_s: ``time.perf_counter`` when the frame arrived, seconds.
        """
        with self._lock:
            clock_s = self._clock.stamp(result.time_s, arrived_s)
            people = self._slots.people_of(result)
        sample = Sample(result.frame_index, result.time_s, clock_s, len(result.faces), people)
        while True:
            try:
                self._waiting.put_nowait(sample)
                return
            except queue.Full:
                self._left_out += 1
                try:
                    self._waiting.get_nowait()
                except queue.Empty:
                    continue

    def stream_time(self, clock_s: float) -> float | None:
        """Return the stream's time at a moment of the monotonic clock; None before the first frame."""
        with self._lock:
            return self._clock.stream_time(clock_s)

    def statuses(self) -> list[SinkStatus]:
        """Return what each output does."""
        return [sink.status() for sink in self._sinks]

    def rate(self) -> float:
        """Return how many samples a second are sent, over the last five seconds."""
        now_s = time.monotonic()
        recent = [moment for moment in list(self._sent_at) if now_s - moment <= _RATE_S]
        return len(recent) / _RATE_S

    def close(self) -> None:
        """Send what waits, and close all outputs."""
        self._waiting.put(None)
        self._thread.join(10)
        for sink in self._sinks:
            sink.close()

    def _run(self) -> None:
        while (sample := self._waiting.get()) is not None:
            for sink in self._sinks:
                try:
                    sink.send(sample)
                except Exception:  # one output must not stop the others
                    log.exception("an output failed")
            now_s = time.monotonic()
            self._sent_at = [moment for moment in self._sent_at if now_s - moment <= _RATE_S] + [now_s]
