"""Samples a server's memory, threads, files and connections while it works, and finds growth."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.stress.torture.scene import parent_of

ALLOWED_SHARE, ALLOWED_COUNT = 0.1, 3
"""Growth from the second to the last quarter that still counts as flat."""
IN_MB = ("rss_mb", "pss_mb")
"""Figures that are not counts."""

_PROCESSES = Path("/proc")

Sample = Mapping[str, float]


class Sampler:
    """Takes samples in a background thread for the length of a block.

    Args:
        server: ID of the server's process.
        connections: Returns the number of database connections.
        every_s: Time between two samples, s.
    """

    def __init__(self, server: int, connections: Callable[[], int], every_s: float) -> None:
        self.samples: list[Sample] = []
        self._server, self._connections, self._every_s = server, connections, every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            self.samples.append(sample(self._server) | {"connections": self._connections(), "at_s": time.monotonic()})


def sample(pid: int) -> dict[str, float]:
    """Return a process's memory (MB) and its numbers of threads, open files and children (proc(5)).

    Children that have ended but that it has not waited for count too.
    """
    folder = _PROCESSES / str(pid)
    rollup = _fields((folder / "smaps_rollup").read_text(encoding="ascii"))
    return {
        "rss_mb": rollup["Rss"] / 1024,
        "pss_mb": rollup["Pss"] / 1024,
        "threads": len(list((folder / "task").iterdir())),
        "files": len(list((folder / "fd").iterdir())),
        "children": sum(parent_of(int(one.name)) == pid for one in _PROCESSES.iterdir() if one.name.isdigit()),
    }


def _fields(text: str) -> dict[str, int]:
    """Return the figures in kB of lines such as ``Pss:  1234 kB``."""
    lines = [line.split() for line in text.splitlines()]
    return {words[0].rstrip(":"): int(words[1]) for words in lines if words[-1] == "kB"}


def flatness(samples: Sequence[Sample]) -> dict[str, dict[str, Any]]:
    """Compare the last quarter of a run with its second one: medians of memory, minima of counts.

    The first quarter is left out, because caches fill and the first visitor of each page loads its code.

    Args:
        samples: Samples at equal intervals, at least eight.
    """
    quarter = len(samples) // 4
    if quarter < 2:
        raise ValueError(f"expected 8 samples or more; got {len(samples)}")
    return {figure: _compare(figure, samples, quarter) for figure in samples[0] if figure != "at_s"}


def _compare(figure: str, samples: Sequence[Sample], quarter: int) -> dict[str, Any]:
    values = [one[figure] for one in samples]
    # Counts rise and fall with the work being done; a leak raises their minimum.
    typical = statistics.median if figure in IN_MB else min
    second, last = typical(values[quarter : 2 * quarter]), typical(values[-quarter:])
    counted = figure not in IN_MB and last - second <= ALLOWED_COUNT
    return {
        "second": second,
        "last": last,
        "ratio": last / second if second else float(last > 0) + 1.0,
        "most": max(values),
        "flat": bool(last <= (1 + ALLOWED_SHARE) * second or counted),
    }
