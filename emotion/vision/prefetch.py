"""Runs a generator on a thread of its own, a few items ahead of whoever reads it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

T = TypeVar("T")

AHEAD = 8
"""Items kept ready: enough to even out the stages, few enough to keep memory flat."""


class _End:
    """Marks the end of the stream, with the error that ended it, if any."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def prefetch(source: Iterable[T], ahead: int = AHEAD) -> Generator[T, None, None]:
    """Yield the items of ``source``, which runs on its own thread.

    Decoding and LiteRT release the interpreter lock, so stages chained this
    way use several cores. An error in ``source`` is raised here; closing this
    generator stops the thread.
    """
    ready: queue.Queue[T | _End] = queue.Queue(maxsize=ahead)
    stopped = threading.Event()

    def put(item: T | _End) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def run() -> None:
        iterator = iter(source)
        try:
            for item in iterator:
                if not put(item):
                    break
            put(_End())
        except BaseException as error:
            put(_End(error))
        finally:
            if isinstance(iterator, Generator):
                iterator.close()

    thread = threading.Thread(target=run, name="prefetch", daemon=True)
    thread.start()
    try:
        while not isinstance(item := ready.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()
