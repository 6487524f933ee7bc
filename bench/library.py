"""How long a library of 1,000 analyses takes to answer, on each of its databases."""

from __future__ import annotations

import contextlib
import random
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from emotion.labels import FERPLUS_LABELS
from emotion.library import JobSettings, Library, State, days
from emotion.library.entries import LOCAL
from emotion.library.rows import new_row, now, words_of
from emotion.library.tables import TagRow
from tests.library.libraries import postgres_programs, running_postgres

ANALYSES = 1000
_REPEATS = 5


def measure_library() -> dict[str, dict[str, float]]:
    """Return for each database the slowest of several answers to each question, in ms."""
    results = {}
    for name, opened in (("SQLite", _sqlite), ("PostgreSQL", _postgres)):
        with opened() as library:
            if library is not None:
                _fill(library)
                results[name] = {question: _slowest_ms(ask) for question, ask in _questions(library).items()}
    return results


def _questions(library: Library) -> dict[str, Callable[[], Any]]:
    return {
        "first page": library.search,
        "all of them": lambda: library.search(limit=ANALYSES),
        "words": lambda: library.search("interview 7"),
        "tags, by title, last page": lambda: library.search(tags=["work"], sort="-title", offset=ANALYSES // 2),
        "tags with counts": library.tags,
        "days": lambda: days(library),
        "room used": library.used_bytes,
    }


def _slowest_ms(ask: Callable[[], Any]) -> float:
    durations = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        ask()
        durations.append(time.perf_counter() - started)
    return max(durations) * 1000


def _fill(library: Library) -> None:
    rng = random.Random(1)
    with library.database.writing() as session:
        for number in range(ANALYSES):
            row = new_row(uuid.uuid4().hex, LOCAL, f"{number}.mp4", f"Interview {number}", JobSettings())
            row.tags = [TagRow(tag=tag, owner=LOCAL) for tag in rng.sample(["work", "home", "pilot", "2026"], 2)]
            row.state, row.note, row.finished_at, row.words = State.DONE, "", now(), words_of(row)
            parts = [rng.random() for _ in FERPLUS_LABELS]
            shares = {label: part / sum(parts) for label, part in zip(FERPLUS_LABELS, parts, strict=True)}
            row.summary = {
                "shares": shares,
                "faces_s": 60.0,
                "people": 2,
                "dominant": max(shares, key=shares.__getitem__),
            }
            session.add(row)


@contextlib.contextmanager
def _sqlite() -> Iterator[Library]:
    with tempfile.TemporaryDirectory() as folder:
        library = Library.open(f"sqlite:///{Path(folder) / 'library.db'}", f"{folder}/storage")
        yield library
        library.close()


@contextlib.contextmanager
def _postgres() -> Iterator[Library | None]:
    if postgres_programs() is None:
        yield None
        return
    with running_postgres() as server, tempfile.TemporaryDirectory() as folder:
        library = Library.open(server.url("postgres"), folder)
        yield library
        library.close()
