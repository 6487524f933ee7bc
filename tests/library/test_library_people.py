"""Many owners in one library: each sees their own part alone, and who looks after it sees how much each has."""

from __future__ import annotations

import inspect

import pytest
from sqlalchemy import text as sql

from emotion.analytics.edits import Edits
from emotion.errors import LibraryError
from emotion.library import LOCAL, JobSettings, Library, State
from emotion.library.jobs import queue
from emotion.library.jobs.queue import Outcome, claim_next, finish
from emotion.library.owners.owner_view import OwnLibrary
from emotion.library.owners.users import delete_person, name_person, people
from tests.library.libraries import MakeLibrary, put

ADA, BOB = "oidc:ada", "oidc:bob"


def test_an_own_library_can_do_what_the_library_can() -> None:
    shared = {
        name
        for name, method in inspect.getmembers(Library, inspect.isfunction)
        if "owner" in inspect.signature(method).parameters and not name.startswith("_")
    }
    assert shared <= set(dir(OwnLibrary))
    for name in sorted(shared):
        wide, own = (inspect.signature(getattr(kind, name)).parameters for kind in (Library, OwnLibrary))
        # Neither for whom nor under which limits is for a page to say.
        assert [each for each in wide if each not in {"owner", "limits"}] == list(own)


def test_everything_goes_by_the_owner(library: Library, video) -> None:
    ada, bob = OwnLibrary(library, ADA), OwnLibrary(library, BOB)
    entry = put(library, video, tags=["trip"], settings=JobSettings(keep_video=True), owner=ADA)
    waiting = ada.add(video, "later.mp4", title="Later")

    assert [found.id for found in ada.search(sort="created").entries] == [entry.id, waiting.id]
    assert (ada.tags(), ada.place_in_queue(waiting.id)) == ({"trip": 1}, 0)
    assert (ada.places_in_queue(), bob.places_in_queue()) == ({waiting.id: 0}, {})
    assert ada.days()[0].analyses == 1
    assert ada.video_path(entry.id) is not None
    ada.rename(entry.id, "Mine")
    ada.tag(entry.id, ["home"])
    ada.save_edits(entry.id, Edits(names={1: "Eve"}))
    assert ada.search("eve mine home").total == 1
    assert ada.load_analysis(entry.id).frames["time_s"].size
    ada.set_retention_days(9)
    assert (ada.retention_days(), bob.retention_days()) == (9, None)
    used = ada.used_bytes()
    ada.drop_video(entry.id)
    assert ada.used_bytes() < used

    assert (bob.search().total, bob.tags(), bob.days(), bob.used_bytes()) == (0, {}, [], 0)
    for touch in (
        bob.get, bob.load_analysis, bob.video_path, bob.drop_video, bob.delete, bob.cancel, bob.resume,
        bob.place_in_queue, lambda one: bob.rename(one, "x"), lambda one: bob.tag(one, ["x"]),
        lambda one: bob.save_edits(one, Edits()),
    ):  # fmt: skip
        with pytest.raises(LibraryError) as not_yours:
            touch(waiting.id)
        with pytest.raises(LibraryError) as not_there:
            touch("0" * 32)
        assert str(not_yours.value).replace(waiting.id, "0" * 32) == str(not_there.value)

    ada.cancel(waiting.id)
    assert ada.get(waiting.id).state is State.CANCELLED
    again = ada.add(video, "again.mp4")
    finish(library, claim_next(library, 1), Outcome(State.INTERRUPTED, "It broke off.", keeps_video=True))
    ada.resume(again.id)
    assert ada.get(again.id).state is State.QUEUED
    ada.delete(entry.id)
    assert ada.search().total == 2


def test_who_has_how_much(library: Library, video) -> None:
    assert people(library) == []
    put(library, video, settings=JobSettings(keep_video=True), owner=ADA)
    put(library, video, owner=ADA)
    put(library, video)
    name_person(library, ADA, "ada@example.org\n")
    name_person(library, BOB, "Bob")
    name_person(library, BOB, "Robert")
    library.set_retention_days(3, owner=ADA)
    ada, local, bob = people(library)
    assert (ada.owner, ada.name, ada.analyses, ada.bytes) == (
        ADA, "ada@example.org", 2, library.used_bytes(owner=ADA),
    )  # fmt: skip
    assert (local.owner, local.name, local.analyses) == (LOCAL, "", 1)
    assert (bob.owner, bob.name, bob.analyses, bob.bytes, bob.newest_at) == (BOB, "Robert", 0, 0, None)
    newest = library.search(owner=ADA, limit=1).entries[0]
    assert ada.newest_at == newest.created_at
    assert library.retention_days(owner=ADA) == 3


def test_deleting_a_person_leaves_others_alone(library: Library, video, tmp_path) -> None:
    mine = put(library, video)
    put(library, video, tags=["x"], owner=ADA)
    library.add(video, "waits.mp4", owner=ADA)
    name_person(library, ADA, "Ada")
    library.set_retention_days(3, owner=ADA)
    assert delete_person(library, ADA) == 0
    assert [person.owner for person in people(library)] == [LOCAL]
    assert library.retention_days(owner=ADA) is None
    assert [folder.name for folder in (tmp_path / "storage").iterdir()] == [mine.id]


def test_what_runs_is_stopped_first(library: Library, video) -> None:
    running = library.add(video, "runs.mp4", owner=ADA)
    claim = claim_next(library, 1)
    name_person(library, ADA, "Ada")
    assert delete_person(library, ADA) == 1
    assert queue.beat(library, claim, 1, 25, 10.0) is True, "the worker is asked to stop"
    assert people(library)[0].name == "Ada"
    finish(library, claim, Outcome(State.CANCELLED))
    assert delete_person(library, ADA) == 0
    assert people(library) == []
    with pytest.raises(LibraryError, match="there is no analysis"):
        library.get(running.id, owner=ADA)


def test_a_library_of_an_older_program_keeps_its_things(make_library: MakeLibrary, video) -> None:
    library = make_library()
    entry = put(library, video)
    library.set_retention_days(30)
    with library.database.writing() as session:
        for column in ("name", "purpose", "notice_version", "agreed_at"):
            session.execute(sql(f"ALTER TABLE owners DROP COLUMN {column}"))
        session.execute(sql("UPDATE alembic_version SET version_num = '0001'"))
    opened = make_library()
    assert opened.search().entries[0].id == entry.id
    assert opened.retention_days() == 30
    assert [(person.owner, person.name) for person in people(opened)] == [(LOCAL, "")]
