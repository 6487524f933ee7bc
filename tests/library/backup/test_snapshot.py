"""A restored backup equals its library: on both databases, from one to the other, and while it is in use."""

from __future__ import annotations

import errno
import hashlib
import itertools
import shutil
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any

import pytest
from sqlalchemy import select

from emotion.analytics.edits import Edits
from emotion.cli.main import main
from emotion.errors import LibraryError
from emotion.library import LOCAL, JobSettings, Library, Repository, State
from emotion.library.backup.archive import ArchiveReader
from emotion.library.backup.snapshot import back_up, check, restore
from emotion.library.jobs.queue import claim_next, register_worker
from emotion.library.orm import Base
from emotion.library.owners.usage import set_owner_name
from emotion.models.registry import imported_models_dir
from tests.conftest import make_analysis
from tests.library.libraries import BOTH, MakeLibrary, empty_database, end, put

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "home"))


def contents_of(library: Library) -> dict[str, Any]:
    """Return every row of every table and the digest of every file."""
    with library.database.reading() as session:
        tables = {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }
    files = {}
    for key in library.storage.files():
        with library.storage.reading(key) as file:
            files[key] = hashlib.sha256(file.read()).hexdigest()
    return tables | {"files": files}


def fill(library: Library, video: Path) -> None:
    """Fill a library with two owners' analyses in every state, with edits, tags, a video and a model."""
    repository = library.for_owner(LOCAL)
    done = put(repository, video, "a talk – ‘ünïcode’ 🙂.mp4", JobSettings(keep_video=True), tags=["one", "two"])
    repository.save_edits(done.id, Edits(names={1: "Ada"}))
    put(library.for_owner("https://issuer|anna"), video, "b.mp4")
    library.for_owner("https://issuer|anna").set_retention_days(30)
    set_owner_name(library.for_owner("https://issuer|anna"), "Anna")
    repository.add(video, "waits.mp4")
    entry = library.for_owner("carl").add(video, "breaks off.mp4", JobSettings(every=3))
    with library.database.writing() as session:
        session.execute(Base.metadata.tables["analyses"].update().values(queued_at=entry.created_at.replace(year=2020))
                        .where(Base.metadata.tables["analyses"].c.id == entry.id))  # fmt: skip
    claim = claim_next(library, 1)
    assert claim is not None and claim.id == entry.id
    library.checkpoint(entry.id).append(make_analysis([["neutral"]] * 5), None)
    model = imported_models_dir() / "mine" / "model.tflite"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"a model")


def quieten(library: Library) -> None:
    """Let the heartbeats of running analyses expire."""
    analyses = Base.metadata.tables["analyses"]
    with library.database.writing() as session:
        long_ago = session.scalar(select(analyses.c.created_at).limit(1)).replace(year=2020)
        session.execute(analyses.update().values(heartbeat_at=long_ago).where(analyses.c.state == State.RUNNING))


def empty(library: Library) -> None:
    with library.database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
    for key in library.storage.files():
        library.storage.remove(key.split("/")[0])
    shutil.rmtree(imported_models_dir())
    assert not any(contents_of(library).values())


@pytest.mark.parametrize("name", ["backup.tar", "backup"])
def test_a_restored_library_is_identical(library: Library, video: Path, tmp_path: Path, name: str) -> None:
    fill(library, video)
    quieten(library)
    before, shown = contents_of(library), library.for_owner("local").search().entries
    written = back_up(library, tmp_path / name)
    assert (written.analyses, written.files) == (4, len(before["files"]) + 1)
    assert contents_of(library) == before, "a backup changes nothing"
    empty(library)
    assert restore(library, tmp_path / name) == written
    assert contents_of(library) == before
    assert library.for_owner("local").search().entries == shown
    assert (imported_models_dir() / "mine" / "model.tflite").read_bytes() == b"a model"
    assert library.storage.keys(shown[0].id) or library.storage.keys(shown[1].id)


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(BOTH)))
def test_restore_into_another_database(
    request: pytest.FixtureRequest, video: Path, tmp_path: Path, one: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(kind: str) -> Library:
        monkeypatch.setattr(request, "param", kind, raising=False)
        return Library.open(empty_database(request, tmp_path), f"memory://{tmp_path.name}-{kind}")

    with closing(opened(one)) as old, closing(opened(other)) as new:
        fill(old, video)
        quieten(old)
        back_up(old, tmp_path / "backup.tar")
        restore(new, tmp_path / "backup.tar")
        assert contents_of(new) == contents_of(old)
        assert len(contents_of(old)["files"]) == 6


def test_a_restored_library_continues_to_work(make_library: MakeLibrary, video: Path, tmp_path: Path) -> None:
    library = make_library()
    repository = library.for_owner(LOCAL)
    entry = repository.add(video, "a.mp4")
    back_up(library, tmp_path / "backup.tar")
    wipe_rows_and_files(library)
    restore(library, tmp_path / "backup.tar")
    claim = claim_next(library, 1)
    assert claim is not None and claim.id == entry.id
    end(library, claim, make_analysis([["happiness"]] * 3))
    assert repository.get(entry.id).state is State.DONE
    assert len(repository.load_analysis(entry.id).frames) == 3


def wipe_rows_and_files(library: Library) -> None:
    imported_models_dir().mkdir(parents=True, exist_ok=True)
    empty(library)


def test_a_backup_of_a_library_in_use_is_consistent(make_library: MakeLibrary, video: Path, tmp_path: Path) -> None:
    """One thread adds, analyses and deletes continuously, while another takes backups."""
    library, over = make_library(), threading.Event()
    for _ in range(5):
        put(library.for_owner(LOCAL), video, settings=JobSettings(keep_video=True))

    def use() -> None:
        busy = make_library().for_owner(LOCAL)
        for number in itertools.count():
            if over.is_set():
                return
            entry = put(busy, video, f"{number}.mp4", JobSettings(keep_video=bool(number % 2)))
            if number % 3 == 0:
                busy.delete(entry.id)

    thread = threading.Thread(target=use)
    thread.start()
    try:
        for number in range(6):
            back_up(library, tmp_path / f"{number}.tar")
    finally:
        over.set()
        thread.join()
    for number in range(6):
        fresh = Library.open(f"sqlite:///{tmp_path / f'{number}.db'}", str(tmp_path / f"storage {number}"))
        with closing(fresh):
            restore(fresh, tmp_path / f"{number}.tar")
            entries = fresh.for_owner(LOCAL).search(limit=1000).entries
            assert len(entries) >= 5
            for entry in entries:
                assert entry.has_video is fresh.storage.exists(f"{entry.id}/video"), entry
                if entry.state is State.DONE:
                    assert len(fresh.for_owner(LOCAL).load_analysis(entry.id).frames) == 10
            known = {entry.id for entry in entries}
            assert {key.split("/")[0] for key in fresh.storage.files()} <= known


def test_an_analysis_deleted_during_the_backup_is_left_out(
    make_library: MakeLibrary, video: Path, tmp_path: Path
) -> None:
    library = make_library()
    repository = library.for_owner(LOCAL)
    stays, goes = put(repository, video), put(repository, video)
    library.storage.remove(goes.id)  # the first step of a deletion
    later = threading.Timer(0.15, repository.delete, (goes.id,))
    later.start()
    assert back_up(library, tmp_path / "backup.tar").analyses == 1
    later.join()
    assert [entry.id for entry in repository.search().entries] == [stays.id]


def damage_tar(path: Path) -> None:
    with tarfile.open(path) as tar:
        place = next(each.offset_data for each in tar if each.name.endswith("/video"))
    content = bytearray(path.read_bytes())
    content[place + 100] ^= 1
    path.write_bytes(content)


def cut_off(path: Path) -> None:
    # After its last file, an archive has only zeros.
    path.write_bytes(path.read_bytes().rstrip(b"\0")[:-100])


def nothing_at_all(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (damage_tar, "is damaged"),
        (cut_off, "expected"),
        (nothing_at_all, "expected a backup"),
        (Path.unlink, "expected a backup; there is no backup.tar"),
    ],
)
def test_a_damaged_backup_is_refused_before_any_change(
    library: Library, repository: Repository, video: Path, tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    put(repository, video, settings=JobSettings(keep_video=True))
    backup = tmp_path / "backup.tar"
    back_up(library, backup)
    spoil(backup)
    before = contents_of(library)
    for act in (lambda: check(backup), lambda: restore(library, backup, replace=True)):
        with pytest.raises(LibraryError, match=words):
            act()
    assert contents_of(library) == before


def test_a_non_empty_library_is_replaced_only_with_the_option(
    library: Library, repository: Repository, video: Path, tmp_path: Path
) -> None:
    put(repository, video)
    back_up(library, tmp_path / "backup.tar")
    before = contents_of(library)
    extra = put(repository, video, "extra.mp4", JobSettings(keep_video=True))
    with pytest.raises(LibraryError, match=r"expected an empty library .* this one has 2 analyses and 3 files"):
        restore(library, tmp_path / "backup.tar")
    assert repository.get(extra.id)
    restore(library, tmp_path / "backup.tar", replace=True)
    assert contents_of(library) == before
    assert library.storage.keys(extra.id) == []


def test_a_restore_that_fails_keeps_a_model_of_the_same_name_whole(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = imported_models_dir() / "mine" / "model.tflite"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"an older model")
    back_up(library, tmp_path / "backup.tar")
    model.write_bytes(b"a newer model")

    copy = ArchiveReader.copy

    def fill_disk(self: ArchiveReader, name: str, target: IO[bytes]) -> None:
        if str(model.parent) in str(getattr(target, "name", "")):
            target.write(b"an")
            raise OSError(errno.ENOSPC, "No space left on device", name)
        copy(self, name, target)

    monkeypatch.setattr(ArchiveReader, "copy", fill_disk)
    with pytest.raises(LibraryError, match="the disk is full"):
        restore(library, tmp_path / "backup.tar", replace=True)
    assert [path.read_bytes() for path in model.parent.iterdir()] == [b"a newer model"]


def test_a_library_with_running_jobs_is_not_replaced(
    library: Library, repository: Repository, video: Path, tmp_path: Path
) -> None:
    repository.add(video, "a.mp4")
    back_up(library, tmp_path / "backup.tar")
    claim = claim_next(library, 1)
    assert claim is not None
    register_worker(library, claim, 1)
    with pytest.raises(LibraryError, match="expected a library in which nothing runs"):
        restore(library, tmp_path / "backup.tar", replace=True)


def test_a_backup_is_private_and_never_overwritten(library: Library, tmp_path: Path) -> None:
    for name in ("backup.tar", "backup"):
        back_up(library, tmp_path / name)
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
        with pytest.raises(LibraryError, match="already exists"):
            back_up(library, tmp_path / name)


def test_path_traversal_in_a_backup_is_refused(library: Library, tmp_path: Path) -> None:
    backup, outside = tmp_path / "backup", tmp_path / "outside"
    outside.write_text("secret")
    back_up(library, backup)
    manifest = backup / "manifest.json"
    digest = hashlib.sha256(b"secret").hexdigest()
    entry = f'"files": {{"files/../../outside": {{"bytes": 6, "sha256": "{digest}"}}, '
    manifest.write_text(manifest.read_text().replace('"files": {', entry))
    with pytest.raises(LibraryError, match="expected file names inside the backup"):
        restore(library, backup)


def test_backup_commands(
    database_url: str, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EMOTION_DATABASE_URL", database_url)
    with closing(Library.open()) as library:
        repository = library.for_owner(LOCAL)
        put(repository, video)
        before = contents_of(library)
        backup = str(tmp_path / "backup.tar")
        assert main(["library", "backup", backup]) == 0
        assert main(["library", "check", backup]) == 0
        assert main(["library", "restore", backup]) == 2
        assert "expected an empty library" in capsys.readouterr().err
        repository.delete(repository.search().entries[0].id)
        assert main(["library", "restore", backup]) == 0
        assert "1 analysis, 1 file," in capsys.readouterr().out
        assert contents_of(library) == before
    with suppress(SystemExit):
        main(["library"])
    assert "required: action" in capsys.readouterr().err
