"""Several owners in one library: isolation, and storage use per owner."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from emotion.analytics.edits import Edits
from emotion.errors import LibraryError
from emotion.library import LOCAL, JobSettings, Library, Repository, State, days
from emotion.library.jobs import queue
from emotion.library.jobs.outcomes import Outcome, finish
from emotion.library.jobs.queue import cancel, claim_next, place_in_queue, places_in_queue, resume
from emotion.library.jobs.recordings import begin_recording
from emotion.library.owners.consent import load_consent, save_consent
from emotion.library.owners.erase import erase_owner
from emotion.library.owners.usage import list_usage, set_owner_name
from tests.library.libraries import MakeLibrary, put

ADA, BOB = "oidc:ada", "oidc:bob"
ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*(ROOT / "pages").rglob("*.py"), *(ROOT / "ui").rglob("*.py")])
SHARED = {"ui/access/library.py": {"for_owner"}, "ui/library/users.py": {"for_owner"}}


def takes_owner(function: Callable[..., object]) -> bool:
    return "owner" in inspect.signature(function).parameters


def test_no_repository_method_takes_an_owner() -> None:
    methods = [each for name, each in inspect.getmembers(Repository, inspect.isfunction) if not name.startswith("_")]
    jobs = [cancel, resume, place_in_queue, places_in_queue, begin_recording, days]
    owners = [erase_owner, load_consent, save_consent, set_owner_name]
    assert len(methods) >= 13
    assert not [each.__name__ for each in (*methods, *jobs, *owners) if takes_owner(each)]


@pytest.mark.parametrize("path", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_pages_get_only_their_visitors_repository(path: Path) -> None:
    """Only the module that knows the visitor opens repositories, and the page for administrators, to erase one."""
    used = {
        node.attr for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute)
    }
    assert not used & {"for_owner", "library", "database", "storage"} - SHARED.get(str(path.relative_to(ROOT)), set())


def test_owners_are_isolated(library: Library, video) -> None:
    ada, bob = library.for_owner(ADA), library.for_owner(BOB)
    entry = put(ada, video, tags=["trip"], settings=JobSettings(keep_video=True))
    waiting = ada.add(video, "later.mp4", title="Later")

    assert [found.id for found in ada.search(sort="created").entries] == [entry.id, waiting.id]
    assert (ada.tags(), place_in_queue(ada, waiting.id)) == ({"trip": 1}, 0)
    assert (places_in_queue(ada), places_in_queue(bob)) == ({waiting.id: 0}, {})
    assert days(ada)[0].analyses == 1
    assert ada.video_path(entry.id) is not None
    ada.rename(entry.id, "Mine")
    ada.tag(entry.id, ["home"])
    ada.save_edits(entry.id, Edits(names={1: "Eve"}))
    assert ada.search("eve mine home").total == 1
    assert ada.load_analysis(entry.id).frames["time_s"].size
    ada.set_retention_days(9)
    assert (ada.retention_days(), bob.retention_days()) == (9, None)

    assert (bob.search().total, bob.tags(), days(bob), bob.used_bytes()) == (0, {}, [], 0)
    for touch in (
        bob.get, bob.load_analysis, bob.video_path, bob.delete, partial(cancel, bob),
        partial(resume, bob), partial(place_in_queue, bob), lambda one: bob.rename(one, "x"),
        lambda one: bob.tag(one, ["x"]), lambda one: bob.save_edits(one, Edits()),
    ):  # fmt: skip
        with pytest.raises(LibraryError) as not_yours:
            touch(waiting.id)
        with pytest.raises(LibraryError) as not_there:
            touch("0" * 32)
        assert str(not_yours.value).replace(waiting.id, "0" * 32) == str(not_there.value)

    cancel(ada, waiting.id)
    assert ada.get(waiting.id).state is State.CANCELLED
    again = ada.add(video, "again.mp4")
    finish(library, claim_next(library, 1), Outcome(State.INTERRUPTED, "It broke off.", keeps_video=True))
    resume(ada, again.id)
    assert ada.get(again.id).state is State.QUEUED
    ada.delete(entry.id)
    assert ada.search().total == 2


def test_storage_use_per_owner(library: Library, repository: Repository, video) -> None:
    assert list_usage(library) == []
    put(library.for_owner(ADA), video, settings=JobSettings(keep_video=True))
    put(library.for_owner(ADA), video)
    put(repository, video)
    set_owner_name(library.for_owner(ADA), "ada@example.org\n")
    set_owner_name(library.for_owner(BOB), "Bob")
    set_owner_name(library.for_owner(BOB), "Robert")
    library.for_owner(ADA).set_retention_days(3)
    ada, local, bob = list_usage(library)
    assert (ada.owner, ada.name, ada.analyses, ada.bytes) == (
        ADA, "ada@example.org", 2, library.for_owner(ADA).used_bytes(),
    )  # fmt: skip
    assert (local.owner, local.name, local.analyses) == (LOCAL, "", 1)
    assert (bob.owner, bob.name, bob.analyses, bob.bytes, bob.newest_at) == (BOB, "Robert", 0, 0, None)
    newest = library.for_owner(ADA).search(limit=1).entries[0]
    assert ada.newest_at == newest.created_at
    assert library.for_owner(ADA).retention_days() == 3


def test_erasing_an_owner_spares_others(library: Library, repository: Repository, video, tmp_path) -> None:
    mine = put(repository, video)
    put(library.for_owner(ADA), video, tags=["x"])
    library.for_owner(ADA).add(video, "waits.mp4")
    set_owner_name(library.for_owner(ADA), "Ada")
    library.for_owner(ADA).set_retention_days(3)
    assert erase_owner(library.for_owner(ADA)) == 2
    assert [person.owner for person in list_usage(library)] == [LOCAL]
    assert library.for_owner(ADA).retention_days() is None
    assert [folder.name for folder in (tmp_path / "storage").iterdir()] == [mine.id]


def test_running_analyses_are_stopped_before_erasing(library: Library, video) -> None:
    ada = library.for_owner(ADA)
    running = ada.add(video, "runs.mp4")
    claim = claim_next(library, 1)
    set_owner_name(ada, "Ada")
    with pytest.raises(LibraryError, match="1 analyses are still being stopped"):
        erase_owner(ada, timeout_s=0)
    assert queue.record_heartbeat(library, claim, 1, 25, 10.0) is True, "the worker is asked to stop"
    assert list_usage(library)[0].name == "Ada"
    finish(library, claim, Outcome(State.CANCELLED))
    assert erase_owner(ada) == 1
    assert list_usage(library) == []
    with pytest.raises(LibraryError, match="there is no analysis"):
        ada.get(running.id)


def test_a_library_of_an_older_version_is_migrated(make_library: MakeLibrary, video) -> None:
    library = make_library()
    repository = library.for_owner(LOCAL)
    entry = put(repository, video)
    repository.set_retention_days(30)
    with library.database.writing() as session:
        for column in ("name", "purpose", "notice_version", "agreed_at"):
            session.execute(sql(f"ALTER TABLE owners DROP COLUMN {column}"))
        session.execute(sql("ALTER TABLE analyses DROP COLUMN edits_version"))
        for table in (
            "api_requests", "api_tokens", "study_codings", "study_codebooks", "study_cells", "study_stimuli",
            "study_participants", "studies",
        ):  # fmt: skip
            session.execute(sql(f"DROP TABLE {table}"))
        session.execute(sql("UPDATE alembic_version SET version_num = '0001'"))
    opened = make_library()
    repository = opened.for_owner(LOCAL)
    assert repository.search().entries[0].id == entry.id
    assert repository.retention_days() == 30
    assert [(person.owner, person.name) for person in list_usage(opened)] == [(LOCAL, "")]
