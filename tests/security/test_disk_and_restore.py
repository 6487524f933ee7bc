"""A full disk at the start, a lost database, invalid rows, and damaged backups.

The disk is a real tmpfs, which only root can mount.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from emotion.analytics.edits import Edits
from emotion.errors import LibraryError
from emotion.library import LOCAL, Library, State, days
from emotion.library.backup.snapshot import back_up, check, restore
from emotion.library.jobs.queue import claim_next
from tests.conftest import ROOT
from tests.library.conftest import database_url, video  # noqa: F401 – fixtures
from tests.library.libraries import put
from tests.library.test_disk import MakeDisk, make_disk  # noqa: F401 – a fixture

DAMAGED_ROW_ERRORS = "The entry of this analysis is damaged: delete it, or restore a backup."


def library_page(monkeypatch: pytest.MonkeyPatch, library: Library) -> AppTest:
    monkeypatch.setattr("ui.access.library._opened", lambda: (library, None))
    page = AppTest.from_file(str(ROOT / "pages" / "library.py"), default_timeout=300).run()
    assert not page.exception
    return page


def test_on_a_full_disk_the_library_opens_read_only_and_says_so(
    make_disk: MakeDisk, monkeypatch: pytest.MonkeyPatch, video: Path  # noqa: F811
) -> None:  # fmt: skip
    disk = make_disk(8)
    monkeypatch.setenv("EMOTION_LIBRARY", str(disk.path))
    monkeypatch.setenv("EMOTION_FREE_MB", "none")
    with closing(Library.open()) as library:
        entry = put(library.for_owner(LOCAL), video)
    disk.fill()
    with closing(Library.open()) as library:
        mine = library.for_owner(LOCAL)
        assert library.is_full
        assert [each.id for each in mine.search("talk").entries] == [entry.id]
        assert len(mine.load_analysis(entry.id).frames) == 10
        for change in (
            lambda: mine.rename(entry.id, "x"),
            lambda: mine.save_edits(entry.id, Edits(names={1: "Ada"})),
            lambda: mine.add(video, "b.mp4"),
            lambda: mine.set_retention_days(3),
        ):
            with pytest.raises(LibraryError, match="the disk is full: the library can be viewed, but nothing can be"):
                change()
        page = library_page(monkeypatch, library)
        assert page.warning[0].value == (
            "The disk is full: the library can be viewed, but nothing can be added or changed until space is freed."
        )
        assert "talk" in page.dataframe[0].value["title"].tolist()
        disk.free()
        mine.rename(entry.id, "again")
        assert not library.is_full
        assert mine.get(entry.id).title == "again"
    with closing(Library.open()) as library:
        assert library.for_owner(LOCAL).get(entry.id).title == "again"


def test_a_new_library_on_a_full_disk_is_refused_in_a_sentence(
    make_disk: MakeDisk, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    disk = make_disk(4)
    monkeypatch.setenv("EMOTION_LIBRARY", str(disk.path / "library"))
    (disk.path / "library").mkdir()
    disk.fill()
    with pytest.raises(
        LibraryError, match=r"database (does not answer as expected: its disk is full|cannot be opened)"
    ):
        Library.open()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["deleted", "emptied", "new database"])
def test_a_lost_database_is_not_a_new_library(
    how: str, tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest  # noqa: F811
) -> None:  # fmt: skip
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    with closing(Library.open()) as library:
        entry = put(library.for_owner(LOCAL), video)
        back_up(library, tmp_path / "monday.tar")
    database = tmp_path / "library" / "library.db"
    if how == "deleted":
        database.unlink()
    elif how == "emptied":
        os.truncate(database, 0)
    else:
        server = request.getfixturevalue("postgres")
        with server.connect() as connection:
            connection.execute("CREATE DATABASE gone")
        monkeypatch.setenv("EMOTION_DATABASE_URL", server.url("gone"))
    for _ in range(2):
        with pytest.raises(LibraryError) as refused:
            Library.open()
        assert str(refused.value).startswith("the list of analyses is empty, but the files of 1 are still in the stor")
        assert "restore a backup" in str(refused.value)
    timeline = tmp_path / "library" / "analyses" / entry.id / "timeline.parquet"
    assert timeline.exists()
    done = command("restore", tmp_path / "monday.tar", "--replace")
    assert (done.returncode, done.stderr) == (0, "")
    with closing(Library.open()) as library:
        assert library.for_owner(LOCAL).get(entry.id).state is State.DONE


def test_a_library_whose_analyses_were_all_deleted_opens(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path))
    with closing(Library.open()) as library:
        mine = library.for_owner(LOCAL)
        mine.delete(put(mine, video).id)
    Library.open().close()


BREAK = [
    "UPDATE analyses SET edits = '{\"names\": 7}' WHERE id = :id",
    "UPDATE analyses SET edits = '[]' WHERE id = :id",
    "UPDATE analyses SET settings = '{\"speed\": 1}' WHERE id = :id",
    "UPDATE analyses SET state = 'asleep' WHERE id = :id",
    "UPDATE analyses SET info = '{\"width\": 1}' WHERE id = :id",
    "UPDATE analyses SET summary = '[1, 2]' WHERE id = :id",
    'UPDATE analyses SET summary = \'{"shares": {"fear": "x"}, "faces_s": null}\' WHERE id = :id',
]
SQLITE_ONLY = [
    "UPDATE analyses SET edits = 'no json' WHERE id = :id",
    "UPDATE analyses SET created_at = 'yesterday' WHERE id = :id",
    "UPDATE analyses SET happened_at = 'never' WHERE id = :id",
    "UPDATE analyses SET done = 'many', bytes = 'lots' WHERE id = :id",
]


ON_THE_PAGE = {BREAK[5], SQLITE_ONLY[2], SQLITE_ONLY[3]}
"""Cases that also open the page, which takes seconds."""


@pytest.mark.slow
@pytest.mark.parametrize("statement", [*BREAK, *SQLITE_ONLY])
def test_an_invalid_row_does_not_break_the_list(
    statement: str, database_url: str, tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    if statement in SQLITE_ONLY and not database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL refuses this value itself")
    with closing(Library.open(database_url, str(tmp_path / "storage"))) as library:
        mine = library.for_owner(LOCAL)
        odd, sound = put(mine, video, "odd.mp4"), put(mine, video, "sound.mp4")
        with library.database.writing() as session:
            session.execute(text(statement), {"id": odd.id})
        listed = {entry.id: entry for entry in mine.search(sort="title").entries}
        assert listed.keys() == {odd.id, sound.id}
        assert listed[sound.id].title == "sound"
        assert sum(day.analyses for day in days(mine)) in {1, 2}
        assert mine.get(odd.id).id == odd.id
        if statement in ON_THE_PAGE and database_url.startswith("sqlite"):
            library_page(monkeypatch, library)
        mine.delete(odd.id)
        assert [entry.id for entry in mine.search().entries] == [sound.id]


@pytest.mark.parametrize("statement", [BREAK[0], BREAK[2], SQLITE_ONLY[0]])
def test_an_invalid_row_does_not_block_the_queue(statement: str, tmp_path: Path, video: Path) -> None:  # noqa: F811
    with closing(Library.open(f"sqlite:///{tmp_path / 'library.db'}", str(tmp_path / "storage"))) as library:
        mine = library.for_owner(LOCAL)
        odd, sound = mine.add(video, "odd.mp4"), mine.add(video, "sound.mp4")
        with library.database.writing() as session:
            session.execute(text(statement), {"id": odd.id})
        claimed = {claim.id for claim in (claim_next(library, 9), claim_next(library, 9)) if claim is not None}
        assert sound.id in claimed


def command(action: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    call = [sys.executable, "-m", "emotion", "library", action, *map(str, arguments)]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False)
    done.stderr = "\n".join(line for line in done.stderr.splitlines() if not line.startswith(("restore ", "backup ")))
    return done


@pytest.fixture
def backup(tmp_path: Path, video: Path) -> Path:  # noqa: F811
    """An intact backup, unpacked."""
    with closing(Library.open(f"sqlite:///{tmp_path / 'first.db'}", str(tmp_path / "first"))) as library:
        put(library.for_owner(LOCAL), video, tags=["x"])
        back_up(library, tmp_path / "backup")
    return tmp_path / "backup"


def rewrite(backup: Path, name: str, change: Callable[[str], str]) -> None:
    """Change a file of a backup and its digest, as an attacker would."""
    path, manifest = backup / name, backup / "manifest.json"
    content = change(path.read_text())
    path.write_text(content)
    facts: dict[str, Any] = json.loads(manifest.read_text())
    facts["files"][name] = {
        "bytes": len(content.encode()), "sha256": hashlib.sha256(content.encode()).hexdigest()
    }  # fmt: skip
    manifest.write_text(json.dumps(facts))


def rows(change: Callable[[dict[str, Any]], object], table: str = "analyses") -> Callable[[Path], None]:
    def edited(content: str) -> str:
        row = json.loads(content.splitlines()[0])
        change(row)
        return json.dumps(row) + "\n"

    return lambda backup: rewrite(backup, f"tables/{table}.jsonl", edited)


def manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def apply(backup: Path) -> None:
        facts = json.loads((backup / "manifest.json").read_text())
        changed = change(facts)
        (backup / "manifest.json").write_text(json.dumps(changed if isinstance(changed, list) else facts))

    return apply


def raw(name: str, content: str) -> Callable[[Path], None]:
    return lambda backup: rewrite(backup, name, lambda _: content)


def added(name: str) -> Callable[[Path], None]:
    empty = {"bytes": 0, "sha256": hashlib.sha256().hexdigest()}
    return manifest(lambda facts: facts["files"].update({name: empty}))


BROKEN = {
    "no manifest": lambda backup: (backup / "manifest.json").unlink(),
    "a manifest that is a list": manifest(lambda facts: [1]),
    "a manifest nested without end": lambda backup: (backup / "manifest.json").write_text("[" * 200_000),
    "files as a list": manifest(lambda facts: facts.update(files=["a"])),
    "a file without a size": manifest(lambda facts: facts["files"].update(x={})),
    "a size that is a word": manifest(lambda facts: facts["files"].update(x={"bytes": "x", "sha256": ""})),
    "a revision that is a list": manifest(lambda facts: facts.update(revision=[1])),
    "rows that are no JSON": raw("tables/analyses.jsonl", "{"),
    "rows nested without end": raw("tables/analyses.jsonl", "[" * 200_000),
    "a row that is a list": raw("tables/analyses.jsonl", "[1]\n"),
    "a moment that is none": rows(lambda row: row.update(created_at="yesterday")),
    "a moment that is a number": rows(lambda row: row.update(created_at=7)),
    "a column that there is not": rows(lambda row: row.update(price=7)),
    "a column that is missing": rows(lambda row: row.pop("title")),
    "a title that is a list": rows(lambda row: row.update(title=[1])),
    "a number past all bounds": rows(lambda row: row.update(bytes=10**30)),
    "a tag of nothing": rows(lambda row: row.update(analysis_id="0" * 32), "analysis_tags"),
    "a name that leads out": added("files/../../outside"),
    "a model's name that leads out": added("models/../../outside"),
    "a name that is empty": added("files//x"),
    "a file in no folder": added("files/x"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_backup_ends_in_a_sentence_and_leaves_nothing(
    how: str, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    BROKEN[how](backup)
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "empty"))
    with pytest.raises(LibraryError, match="expected"):
        check(backup)
    with closing(Library.open(f"sqlite:///{tmp_path / 'second.db'}", str(tmp_path / "second"))) as library:
        with pytest.raises(LibraryError):
            restore(library, backup)
        assert library.storage.files() == []
        assert library.for_owner(LOCAL).search().total == 0
    assert not (tmp_path / "outside").exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["cut off", "compressed and cut off", "text", "absent", "tampered"])
def test_the_command_ends_in_one_line_and_creates_no_library(
    kind: str, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "empty" / "library"))
    file = tmp_path / "backup.tar"
    if kind == "tampered":
        BROKEN["a column that there is not"](backup)
    with tarfile.open(file, "w") as tar:
        for path in sorted(path for path in backup.rglob("*") if path.is_file()):
            tar.add(path, path.relative_to(backup).as_posix())
    whole = file.read_bytes()
    damaged = {"cut off": whole[: len(whole) // 2], "text": b"my backup", "tampered": whole,
               "compressed and cut off": gzip.compress(whole)[:2000]}  # fmt: skip
    file.write_bytes(damaged[kind]) if kind in damaged else file.unlink()
    done = command("restore", file)
    assert done.returncode == 2
    assert done.stderr.startswith("emotion: expected a")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "empty").exists()


def test_a_disk_that_fills_while_restoring_leaves_nothing(
    make_disk: MakeDisk, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    disk = make_disk(2)
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "empty"))
    storage = disk.path / "files"
    with closing(Library.open(f"sqlite:///{tmp_path / 'second.db'}", str(storage))) as library:
        disk.fill(but_bytes=4096)
        with pytest.raises(LibraryError, match="the backup was not restored: the disk is full"):
            restore(library, backup)
        assert library.storage.files() == []
        assert library.for_owner(LOCAL).search().total == 0
        assert list(storage.iterdir()) == []
        disk.free()
        assert restore(library, backup).analyses == 1
