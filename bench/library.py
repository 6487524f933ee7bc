"""Measures a library of 1,000 analyses on SQLite and PostgreSQL: its queries and its page."""

from __future__ import annotations

import contextlib
import random
import re
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from playwright.sync_api import Page
from streamlit.testing.v1 import AppTest

from bench.common.chromium import open_chromium, served, settle
from bench.common.postgres import postgres_programs, running_postgres
from emotion.labels import FERPLUS_LABELS
from emotion.library import LOCAL, JobSettings, Library, Repository, State, days
from emotion.library.mapping import new_row, now, search_text
from emotion.library.orm import TagRow
from emotion.paths import ROOT

ANALYSES = 1000
_REPEATS = 5


def measure_library() -> dict[str, dict[str, float]]:
    """Return for each database the slowest of several times of each query, ms."""
    results = {}
    for database, opened in (("SQLite", _sqlite), ("PostgreSQL", _postgres)):
        with opened() as library:
            if library is not None:
                _fill(library)
                results[database] = {
                    name: _slowest_ms(query) for name, query in _queries(library.for_owner(LOCAL)).items()
                }
                results[database] |= _page(library)
    return results


def _page(library: Library) -> dict[str, float]:
    """Return the times of the page, ms: of its script, and in Chromium from a click or a search to the table."""
    environment = {"EMOTION_DATABASE_URL": library.database.url.render_as_string(hide_password=False)}
    environment["EMOTION_STORAGE_URL"] = library.storage.url
    with patch("ui.access.library._opened", lambda: (library, None)):
        test = AppTest.from_file(str(ROOT / "pages" / "library.py"), default_timeout=60).run()
        found = {"the page's script": _slowest_ms(test.run)}
    if test.exception or not test.dataframe:
        raise RuntimeError("the page shows no table")
    with served("server.py", **environment) as url, open_chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{url}/about")
        visits, searches = [], []
        for number in range(_REPEATS + 1):
            settle(page)
            visits.append(_until_ms(page.get_by_role("link", name="Library", exact=True).first.click, page, "1,000"))
            settle(page)
            words = page.get_by_role("textbox", name="Search")
            words.fill(f"interview {number + 10} pilot")
            searches.append(_until_ms(partial(words.press, "Enter"), page, "\\d{1,3}"))
            settle(page)
            page.get_by_role("link", name="About", exact=True).first.click()
        browser.close()
    # The first visit loads the page's code.
    return found | {"turning to the page": max(visits[1:]), "a search on the page": max(searches[1:])}


def _until_ms(act: Callable[[], None], page: Page, count: str) -> float:
    started = time.perf_counter()
    act()
    page.get_by_text(re.compile(rf"^1–\d+ of {count}$")).wait_for()
    return (time.perf_counter() - started) * 1000


def _queries(repository: Repository) -> dict[str, Callable[[], Any]]:
    return {
        "first page": repository.search,
        "all of them": lambda: repository.search(limit=ANALYSES),
        "words": lambda: repository.search("interview 7"),
        "tags, by title, last page": lambda: repository.search(tags=["work"], sort="-title", offset=ANALYSES // 2),
        "tags with counts": repository.tags,
        "days": lambda: days(repository),
        "room used": repository.used_bytes,
    }


def _slowest_ms(query: Callable[[], Any]) -> float:
    durations = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        query()
        durations.append(time.perf_counter() - started)
    return max(durations) * 1000


def _fill(library: Library) -> None:
    rng = random.Random(1)
    with library.database.writing() as session:
        for number in range(ANALYSES):
            row = new_row(uuid.uuid4().hex, LOCAL, f"{number}.mp4", f"Interview {number}", JobSettings())
            row.tags = [TagRow(tag=tag, owner=LOCAL) for tag in rng.sample(["work", "home", "pilot", "2026"], 2)]
            row.state, row.note, row.finished_at, row.words = State.DONE, "", now(), search_text(row)
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
