"""Helpers for tests with real workers: waiting, finding processes, comparing results."""

from __future__ import annotations

import time
from collections.abc import Callable

import pandas as pd

from emotion.library import Entry, Library, Repository, State
from emotion.library.jobs import Dispatcher
from emotion.library.orm import AnalysisRow
from emotion.settings import log_file
from emotion.types import Analysis


def pid_of(library: Library, entry: Entry) -> int:
    with library.database.reading() as session:
        return session.get_one(AnalysisRow, entry.id).worker_pid or 0


def wait_for(repository: Repository, entry: Entry, ready: Callable[[Entry], bool], dispatcher: Dispatcher) -> Entry:
    for _ in range(3000):
        dispatcher.run_once()
        now = repository.get(entry.id)
        if ready(now):
            return now
        time.sleep(0.1)
    raise AssertionError(f"{now.state} {now.note} {log_file(entry.id).read_text()}")


def has_parts(library: Library, count: int) -> Callable[[Entry], bool]:
    def ready(entry: Entry) -> bool:
        assert entry.state in {State.QUEUED, State.RUNNING}, f"the analysis ended too quickly: {entry.note}"
        return len(library.storage.keys(f"{entry.id}/parts")) >= count

    return ready


def is_over(entry: Entry) -> bool:
    return entry.state.is_over


def assert_equal(one: Analysis, other: Analysis) -> None:
    pd.testing.assert_frame_equal(one.timeline, other.timeline, check_exact=True)
    pd.testing.assert_frame_equal(one.frames, other.frames, check_exact=True)
    assert (one.info, one.model, one.settings) == (other.info, other.model, other.settings)
