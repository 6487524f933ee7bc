"""Runs a generator on its own thread, a few items ahead of its consumer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

T = TypeVar("T")

AHEAD = 8
"""Number of items kept ready: evens out the speed of the stages at a small cost in memory."""


class _End:
    """Marks the end of the stream, with the error that ended it, if any."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def prefetch(source: Iterable[T], ahead: int = AHEAD) -> Generator[T, None, None]:
    """Yield the items of ``source``, which runs on its own thread.

    Decoding and LiteRT release the interpreter lock, so chained stages use several cores. An error in ``source`` is
    raised here. Closing this generator stops the thread.
    """
    # Two simple queues, of items and of room for more, are written in C; a bounded Queue is Python, and slower.
    ready: queue.SimpleQueue[T | _End] = queue.SimpleQueue()
    room: queue.SimpleQueue[None] = queue.SimpleQueue()
    stopped = threading.Event()

    def run() -> None:
        iterator = iter(source)
        try:
            for item in iterator:
                room.get()
                if stopped.is_set():
                    break
                ready.put(item)
            ready.put(_End())
        except BaseException as error:
            ready.put(_End(error))
        finally:
            if isinstance(iterator, Generator):
                iterator.close()

    for _ in range(ahead):
        room.put(None)
    thread = threading.Thread(target=run, name="prefetch", daemon=True)
    thread.start()
    try:
        while not isinstance(item := ready.get(), _End):
            room.put(None)
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        room.put(None)
        thread.join()
