"""Figures as Prometheus' text. No label and no value comes from a visitor."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

from prometheus_client import GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from emotion.errors import LibraryError
from emotion.library.entries import State
from emotion.library.library import Library
from emotion.live.admission import SEATS
from emotion.monitoring.figures import Load, Work, disk_of_library, load_of, work_of
from emotion.telemetry.counters import REGISTRY

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)


class Exposition:
    """Everything that a scrape gets.

    Args:
        open_library: Opens the library; asked again until it could be opened once.
    """

    def __init__(self, open_library: Callable[[], Library] = Library.open) -> None:
        self._open = open_library
        self._library: Library | None = None
        self._lock = threading.Lock()

    def text(self) -> bytes:
        """Return the figures of this moment, UTF-8. A database that is away is a figure too."""
        return generate_latest(REGISTRY) + generate_latest(_Now(self._work()))

    def _work(self) -> Work | None:
        try:
            # One at a time: a slow database is not asked more by those who wait for it.
            with self._lock:
                self._library = self._library or self._open()
                return work_of(self._library)
        except LibraryError:
            return None


class _Now(Collector):
    """The figures of one moment."""

    def __init__(self, work: Work | None) -> None:
        self._work = work

    def collect(self) -> Iterator[Metric]:
        """Yield them."""
        yield _gauge("emotion_database_up", "Whether the library's database answers.", float(self._work is not None))
        if self._work is not None:
            yield from _work_metrics(self._work)
        yield from _load_metrics(self._work)
        yield _gauge("emotion_live_seats", "Visitors who may use this server's live page at once.", SEATS.limit)
        yield _gauge("emotion_live_seats_taken", "Visitors who do.", SEATS.taken)
        disk = disk_of_library()
        yield _gauge("emotion_disk_free_bytes", "Free room where the library's folder is.", disk.free_bytes)
        yield _gauge("emotion_disk_bytes", "Size of that disk.", disk.total_bytes)


def _work_metrics(work: Work) -> Iterator[Metric]:
    states = GaugeMetricFamily("emotion_analyses", "Analyses in the library, by state.", labels=["state"])
    for state, count in work.by_state.items():
        states.add_metric([str(state)], count)
    yield states
    yield _gauge("emotion_queue_length", "Analyses that wait.", work.by_state[State.QUEUED])
    yield _gauge("emotion_queue_oldest_seconds", "How long the next one has waited.", work.oldest_s)
    yield _gauge("emotion_frames_analysed", "Frames of all analyses that are in the library.", work.frames)
    yield _gauge("emotion_frames_per_second", "Of all that run now.", work.frames_per_s)
    yield _gauge("emotion_storage_bytes", "Taken by timelines and videos.", work.stored_bytes)
    yield _gauge("emotion_database_seconds", "How long the database took to tell the above.", work.query_s)


def _load_metrics(work: Work | None) -> Iterator[Metric]:
    loads = {"server": load_of([os.getpid()]), "workers": load_of(work.worker_pids if work is not None else ())}
    yield _by_role("emotion_processes", "Processes on this machine.", loads, lambda load: load.processes)
    yield _by_role("emotion_resident_bytes", "Memory of them.", loads, lambda load: load.resident_bytes)
    yield _by_role("emotion_open_files", "Files and sockets of them.", loads, lambda load: load.open_files)
    yield _by_role("emotion_threads", "Threads of them.", loads, lambda load: load.threads)


def _gauge(name: str, explanation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, explanation, value=value)


def _by_role(name: str, explanation: str, loads: dict[str, Load], value: Callable[[Load], int]) -> Metric:
    metric = GaugeMetricFamily(name, explanation, labels=["role"])
    for role, load in loads.items():
        metric.add_metric([role], value(load))
    return metric
