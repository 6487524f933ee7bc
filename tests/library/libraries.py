"""Helpers for tests of the library: empty databases and finished analyses."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.common.postgres import Server
from emotion.engine.storage import timeline_key
from emotion.library import Entry, JobSettings, Library, Repository
from emotion.library.jobs.outcomes import complete_analysis
from emotion.library.jobs.queue import Claim, claim_next
from emotion.library.orm import AnalysisRow
from emotion.types import Analysis
from tests.conftest import make_analysis

MakeLibrary = Callable[[], Library]
BOTH = ["sqlite", "postgresql"]


_NUMBERS = itertools.count(1)


def empty_database(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'own library.db'}"
    server: Server = request.getfixturevalue("postgres")
    name = f"test_{next(_NUMBERS)}"
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.url(name)


def end(library: Library, claim: Claim, analysis: Analysis) -> None:
    """Finish a claimed analysis with a synthetic result, through the worker's functions."""
    entry_settings = library.for_owner(_owner(library, claim)).get(claim.id).settings
    library.checkpoint(claim.id).append(
        replace(analysis, settings=analysis.settings | {"every": entry_settings.every}), None
    )
    library.checkpoint(claim.id).merge(timeline_key(claim.id), analysis.note)
    complete_analysis(library, claim)


def _owner(library: Library, claim: Claim) -> str:
    with library.database.reading() as session:
        return session.get_one(AnalysisRow, claim.id).owner


def put(
    repository: Repository,
    video: Path,
    name: str = "talk.mp4",
    settings: JobSettings | None = None,
    analysis: Analysis | None = None,
    title: str | None = None,
    tags: Sequence[str] = (),
) -> Entry:
    """Add a video, finish its analysis with a result, and return its entry."""
    library, entry = repository.library, repository.add(video, name, settings, title=title, tags=tags)
    claim = claim_next(library, 1)
    assert claim is not None
    assert claim.id == entry.id
    end(library, claim, analysis or make_analysis([["happiness"]] * 4 + [[]] * 2 + [["neutral", "surprise"]] * 4))
    return repository.get(entry.id)
