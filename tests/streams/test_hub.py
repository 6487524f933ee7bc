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


def busy_hub(sink: Stuck) -> StreamHub:
    """Return a hub whose output is stuck in its first sample, and in which nothing waits."""
    hub = StreamHub([sink], 1)
    hub.take(result(0), time.perf_counter())
    assert sink.began.wait(10)
    return hub


def take(hub: StreamHub, samples: int) -> None:
    for index in range(samples):
        hub.take(result(1 + index), time.perf_counter())


def test_samples_that_no_output_got_count_as_left_out(stuck: Stuck) -> None:
    hub = busy_hub(stuck)
    take(hub, WAITING)
    assert hub.statuses()[0].left_out == 1, "the output's own"
    take(hub, 3)
    assert hub.statuses()[0].left_out == 4
    stuck.let_go.set()
    hub.close()
    assert hub.statuses()[0].sent == 1 + WAITING


def test_samples_that_come_while_it_closes_do_not_keep_its_thread(stuck: Stuck) -> None:
    hub = busy_hub(stuck)
    closing = threading.Thread(target=hub.close)
    closing.start()
    while not hub._waiting.qsize():
        time.sleep(0.001)
    take(hub, 2 * WAITING)
    stuck.let_go.set()
    closing.join(5)
    assert not closing.is_alive(), "it waits for its thread"
