"""The hub between the analysis and slow outputs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from emotion.streams import Sample, SinkStatus, StreamHub
from tests.streams.results import result

WAITING = 64


class Stuck:
    """An output that is stuck in its first sample until it is let go."""

    def __init__(self) -> None:
        self.sent, self.began, self.let_go = 0, threading.Event(), threading.Event()

    def send(self, sample: Sample) -> None:
        del sample
        self.began.set()
        self.let_go.wait(60)
        self.sent += 1

    def status(self) -> SinkStatus:
        return SinkStatus("stuck", "nowhere", None, self.sent, left_out=1)

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    sink = Stuck()
    yield sink
    sink.let_go.set()


def full_hub(sink: Stuck) -> StreamHub:
    """Return a hub whose output is stuck and in which no further sample can wait."""
    hub = StreamHub([sink], 1)
    hub.take(result(0), time.perf_counter())
    assert sink.began.wait(10)
    for index in range(WAITING):
        hub.take(result(1 + index), time.perf_counter())
    return hub


def test_samples_that_no_output_got_count_as_left_out(stuck: Stuck) -> None:
    hub = full_hub(stuck)
    assert hub.statuses()[0].left_out == 1, "the output's own"
    for index in range(3):
        hub.take(result(100 + index), time.perf_counter())
    assert hub.statuses()[0].left_out == 4
    stuck.let_go.set()
    hub.close()
    assert hub.statuses()[0].sent == 1 + WAITING
