"""Metrics in Prometheus' text format, without labels or values from visitors."""

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
from emotion.monitoring.figures import Load, Work, disk_of_library, measure_load, query_work
from emotion.telemetry.counters import REGISTRY

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)


class Exposition:
    """The response to a scrape.

    Args:
        open_library: Opens the library; called again until it succeeds once.
    """

    def __init__(self, open_library: Callable[[], Library] = Library.open) -> None:
        self._open = open_library
        self._library: Library | None = None
        self._lock = threading.Lock()

    def text(self) -> bytes:
        """Return the current metrics, UTF-8, even if the database is unavailable."""
        return generate_latest(REGISTRY) + generate_latest(_Now(self._work()))

    def _work(self) -> Work | None:
        try:
            # One query at a time, so concurrent scrapes do not slow down a slow database further.
            with self._lock:
                self._library = self._library or self._open()
                return query_work(self._library)
        except LibraryError:
            return None


class _Now(Collector):
    def __init__(self, work: Work | None) -> None:
        self._work = work

    def collect(self) -> Iterator[Metric]:
        """Yield the current metrics."""
        yield _gauge("emotion_database_up", "Whether the library's database answers.", float(self._work is not None))
        if self._work is not None:
            yield from _work_metrics(self._work)
        yield from _load_metrics(self._work)
        yield _gauge("emotion_live_seats", "Visitors who may use this server's live page at once.", SEATS.limit)
        yield _gauge("emotion_live_seats_taken", "Visitors who use it now.", SEATS.taken)
        disk = disk_of_library()
        yield _gauge("emotion_disk_free_bytes", "Free space on the disk of the library's folder.", disk.free_bytes)
        yield _gauge("emotion_disk_bytes", "Size of that disk.", disk.total_bytes)


def _work_metrics(work: Work) -> Iterator[Metric]:
    states = GaugeMetricFamily("emotion_analyses", "Analyses in the library, by state.", labels=["state"])
    for state, count in work.by_state.items():
        states.add_metric([str(state)], count)
    yield states
    yield _gauge("emotion_queue_length", "Analyses in the queue.", work.by_state[State.QUEUED])
    yield _gauge("emotion_queue_oldest_seconds", "Waiting time of the next one.", work.oldest_s)
    yield _gauge("emotion_frames_analysed", "Analysed frames of all analyses in the library.", work.frames)
    yield _gauge("emotion_frames_per_second", "Analysed frames per second of all running analyses.", work.frames_per_s)
    yield _gauge("emotion_storage_bytes", "Size of timelines and videos.", work.stored_bytes)
    yield _gauge("emotion_database_seconds", "Time of the database queries for the above.", work.query_s)


def _load_metrics(work: Work | None) -> Iterator[Metric]:
    loads = {
        "server": measure_load([os.getpid()]),
        "workers": measure_load(work.worker_pids if work is not None else ()),
    }
    yield _by_role("emotion_processes", "Processes on this machine.", loads, lambda load: load.processes)
    yield _by_role("emotion_resident_bytes", "Their resident memory.", loads, lambda load: load.resident_bytes)
    yield _by_role("emotion_open_files", "Their open files and sockets.", loads, lambda load: load.open_files)
    yield _by_role("emotion_threads", "Their threads.", loads, lambda load: load.threads)


def _gauge(name: str, explanation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, explanation, value=value)


def _by_role(name: str, explanation: str, loads: dict[str, Load], value: Callable[[Load], int]) -> Metric:
    metric = GaugeMetricFamily(name, explanation, labels=["role"])
    for role, load in loads.items():
        metric.add_metric([role], value(load))
    return metric
