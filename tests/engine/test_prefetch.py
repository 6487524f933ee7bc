"""Prefetching on a thread: order, errors, and clean shutdown."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from emotion.engine.prefetch import AHEAD, prefetch


def running() -> int:
    return sum(thread.name == "prefetch" for thread in threading.enumerate())


def test_items_come_in_order() -> None:
    assert list(prefetch(range(100))) == list(range(100))
    assert running() == 0


def test_an_error_reaches_the_reader_after_the_items_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third is rotten")

    seen = []
    with pytest.raises(ValueError, match="rotten"):
        for item in prefetch(broken()):
            seen.append(item)
    assert seen == [1, 2]


def test_closing_stops_the_thread_and_closes_the_source() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            yield from iter(int, 1)
        finally:
            closed.set()

    stream = prefetch(endless())
    next(stream)
    stream.close()
    assert closed.is_set()
    assert running() == 0


def test_the_lead_is_bounded() -> None:
    taken: list[int] = []

    def counted() -> Iterator[int]:
        for item in range(1000):
            taken.append(item)
            yield item

    stream = prefetch(counted())
    next(stream)
    time.sleep(0.1)
    assert len(taken) <= AHEAD + 2
    stream.close()
