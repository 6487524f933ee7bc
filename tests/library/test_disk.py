"""Full and read-only disks: a real tmpfs, which only root can mount."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from emotion.errors import LibraryError, TooLargeError
from emotion.library import LOCAL, Entry, JobSettings, Library, Repository, State
from emotion.library.jobs import Dispatcher, resume
from emotion.library.orm import AnalysisRow
from emotion.types import Analysis
from tests.conftest import ROOT
from tests.library.workers import assert_equal, has_parts, is_over, pid_of, wait_for
from tests.shown import as_shown
from tests.waiting import until
from ui.access import library as pages_library

pytestmark = pytest.mark.slow


class Disk:
    """A mounted tmpfs.

    Args:
        path: Where it is mounted.
        megabytes: Its size, MB.
    """

    def __init__(self, path: Path, megabytes: int) -> None:
        self.path, self._ballast = path, path / "ballast"
        path.mkdir()
        _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(path))

    def fill(self, but_bytes: int = 0) -> None:
        """Fill the disk up to this free space."""
        with self._ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        os.truncate(self._ballast, max(self._ballast.stat().st_size - but_bytes, 0))

    def free(self) -> None:
        self._ballast.unlink()

    def set_writable(self, writable: bool) -> None:
        """Remount the disk writable or read-only, as the system does when it fails; waits until files are closed."""
        for _ in range(200):
            try:
                _mount("-o", f"remount,{'rw' if writable else 'ro'}", str(self.path))
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("the disk is always being written to")

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.path)) for path in self.path.rglob("*") if path != self._ballast)


def _mount(*options: str) -> None:
    done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip())


MakeDisk = Callable[[int], Disk]


@pytest.fixture
def make_disk(tmp_path: Path) -> Iterator[MakeDisk]:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("expected root on Linux, who alone can mount a disk")
    disks: list[Disk] = []

    def made(megabytes: int) -> Disk:
        try:
            disks.append(Disk(tmp_path / f"disk {len(disks)}", megabytes))
        except OSError as error:
            pytest.skip(f"this machine does not allow mounts: {error}")
        return disks[-1]

    yield made
    for disk in disks:
        # A lazy unmount: processes that use the disk keep it.
        subprocess.run(["umount", "--lazy", str(disk.path)], check=True)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Library]]:
    """A function that opens a library with its parts on given disks; workers end with the test."""
    libraries: list[Library] = []

    def open_in(folder: Path, storage: Path | None = None, database: Path | None = None) -> Library:
        monkeypatch.setenv("EMOTION_LIBRARY", str(folder))
        monkeypatch.setenv("EMOTION_PART_S", "0.1")
        monkeypatch.setenv("EMOTION_FREE_MB", "none")
        url = None if database is None else f"sqlite:///{database / 'library.db'}"
        libraries.append(Library.open(url, None if storage is None else str(storage / "analyses")))
        return libraries[-1]

    yield open_in
    for library in libraries:
        with library.database.reading() as session:
            running = session.query(AnalysisRow).filter(AnalysisRow.state == State.RUNNING).all()
        for row in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(row.worker_pid or 0, signal.SIGKILL)
        library.close()


def all_of(repository: Repository) -> tuple[Entry, ...]:
    return repository.search().entries


def test_an_upload_that_fills_the_disk_leaves_nothing(
    make_disk: MakeDisk, opened: Callable[..., Library], tmp_path: Path, clip: Path
) -> None:
    disk = make_disk(4)
    library = opened(tmp_path, storage=disk.path)
    repository = library.for_owner(LOCAL)
    before = disk.files()
    disk.fill(but_bytes=clip.stat().st_size // 2)
    with pytest.raises(LibraryError, match="the disk is full; free some space and try again"):
        repository.add(clip, "a.mp4")
    assert all_of(repository) == ()
    assert disk.files() == before
    disk.free()
    assert repository.add(clip, "a.mp4").state is State.QUEUED


def test_an_upload_too_large_for_the_disk_is_refused_at_once(
    make_disk: MakeDisk, opened: Callable[..., Library], tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = make_disk(4)
    library = opened(tmp_path, storage=disk.path)
    repository = library.for_owner(LOCAL)
    before = disk.files()
    monkeypatch.setenv("EMOTION_FREE_MB", "4")
    with pytest.raises(TooLargeError, match=r"expected .* to stay free on the server's disk"):
        repository.add(clip, "a.mp4")
    assert all_of(repository) == ()
    assert disk.files() == before


class Pipe(io.RawIOBase):
    """An endless stream of bytes of unknown length."""

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1) -> bytes:
        return bytes(size)


def test_an_upload_of_unknown_size_is_stopped_before_it_fills_the_disk(
    make_disk: MakeDisk, opened: Callable[..., Library], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Free space is checked every 64 MiB: of the 80 MiB, less than the required 40 are left then."""
    disk = make_disk(80)
    library = opened(tmp_path, storage=disk.path)
    repository = library.for_owner(LOCAL)
    before = disk.files()
    monkeypatch.setenv("EMOTION_FREE_MB", "40")
    monkeypatch.setenv("EMOTION_MAX_UPLOAD_MB", "none")
    with pytest.raises(TooLargeError, match=r"expected 40\.0 MB to stay free .*; 1\d\.\d MB are free"):
        repository.add(Pipe(), "a.mp4")  # type: ignore[arg-type]
    assert all_of(repository) == ()
    assert disk.files() == before


def test_a_full_storage_fails_the_analysis_which_can_be_resumed(
    make_disk: MakeDisk, opened: Callable[..., Library], tmp_path: Path, clip: Path, uninterrupted: Analysis
) -> None:
    disk, dispatcher = make_disk(16), None
    library = opened(tmp_path, storage=disk.path)
    repository = library.for_owner(LOCAL)
    dispatcher = Dispatcher(library)
    entry = repository.add(clip, "a.mp4", JobSettings(every=2))
    wait_for(repository, entry, has_parts(library, 2), dispatcher)
    disk.fill()
    full = wait_for(repository, entry, is_over, dispatcher)
    assert (full.state, full.can_resume) == (State.FAILED, True)
    assert full.note.startswith("The disk is full; everything up to")
    assert not [name for name in disk.files() if name.endswith(".partial")]
    disk.free()
    resume(repository, entry.id)
    assert wait_for(repository, entry, is_over, dispatcher).state is State.DONE
    assert_equal(repository.load_analysis(entry.id), uninterrupted)


def test_a_full_disk_with_database_does_not_stop_the_server(
    make_disk: MakeDisk, opened: Callable[..., Library], clip: Path, uninterrupted: Analysis
) -> None:
    """The database cannot be updated either; the dispatcher waits until it can."""
    disk = make_disk(32)
    library = opened(disk.path)
    repository = library.for_owner(LOCAL)
    entry = repository.add(clip, "a.mp4", JobSettings(every=2))
    dispatcher = Dispatcher(library).start()
    try:
        until(lambda: has_parts(library, 2)(repository.get(entry.id)), "some parts")
        pid = pid_of(library, entry)
        disk.fill()
        until(lambda: not Path(f"/proc/{pid}").exists(), "the worker to give up")
        assert repository.get(entry.id).title == "a", "existing analyses can still be read"
        with pytest.raises((LibraryError, TooLargeError)):
            repository.add(clip, "b.mp4")
        disk.free()
        until(lambda: repository.get(entry.id).state.is_over, "the dispatcher to note it")
        assert repository.get(entry.id).can_resume
        assert all(each.id == entry.id or each.state is State.FAILED for each in all_of(repository))
        resume(repository, entry.id)
        until(lambda: repository.get(entry.id).state is State.DONE, "the analysis to go on")
    finally:
        dispatcher.stop()
    assert_equal(repository.load_analysis(entry.id), uninterrupted)


def test_a_read_only_storage_fails_the_analysis_which_can_be_resumed(
    make_disk: MakeDisk, opened: Callable[..., Library], tmp_path: Path, clip: Path, uninterrupted: Analysis
) -> None:
    disk = make_disk(16)
    library = opened(tmp_path, storage=disk.path)
    repository = library.for_owner(LOCAL)
    dispatcher = Dispatcher(library)
    entry = repository.add(clip, "a.mp4", JobSettings(every=2))
    wait_for(repository, entry, has_parts(library, 2), dispatcher)
    disk.set_writable(False)
    failed = wait_for(repository, entry, is_over, dispatcher)
    assert (failed.state, failed.can_resume) == (State.FAILED, True)
    assert failed.note.startswith(f"A file cannot be read or written ({os.strerror(errno.EROFS)}); everything up to")
    with pytest.raises(LibraryError, match=r"cannot be stored: Read-only file system$"):
        repository.add(clip, "b.mp4")
    with pytest.raises(LibraryError, match="could not be removed: Read-only file system"):
        repository.delete(entry.id)
    assert [each.id for each in all_of(repository)] == [entry.id], "analyses that could not be deleted are still listed"
    disk.set_writable(True)
    resume(repository, entry.id)
    assert wait_for(repository, entry, is_over, dispatcher).state is State.DONE
    assert_equal(repository.load_analysis(entry.id), uninterrupted)


def test_an_unwritable_log_fails_the_analysis(
    make_disk: MakeDisk, opened: Callable[..., Library], tmp_path: Path, clip: Path
) -> None:
    disk = make_disk(4)
    (tmp_path / "storage").mkdir()
    library = opened(disk.path, storage=tmp_path / "storage", database=tmp_path)
    repository = library.for_owner(LOCAL)
    disk.set_writable(False)
    entry = repository.add(clip, "a.mp4", JobSettings(every=50))
    dispatcher = Dispatcher(library)
    dispatcher.run_once()
    failed = repository.get(entry.id)
    assert (failed.state, failed.can_resume) == (State.FAILED, True)
    assert failed.note == "The analysis could not be started: Read-only file system. It can be resumed."
    disk.set_writable(True)
    resume(repository, entry.id)
    assert wait_for(repository, entry, is_over, dispatcher).state is State.DONE


@pytest.mark.parametrize("is_new", [True, False])
def test_a_read_only_library_is_reported_on_its_page(
    make_disk: MakeDisk, opened: Callable[..., Library], is_new: bool
) -> None:
    disk = make_disk(8)
    if not is_new:
        opened(disk.path).close()
    disk.set_writable(False)
    with pytest.raises(LibraryError, match="database cannot be opened: Read-only file system"):
        opened(disk.path)
    pages_library._opened.clear()
    page = AppTest.from_file(str(ROOT / "pages" / "library.py"), default_timeout=60).run()
    assert not page.exception
    (shown_error,) = page.error
    assert as_shown(shown_error.value).startswith(
        "The library cannot be opened: the library's database cannot be opened: Read-only"
    )
    disk.set_writable(True)


def test_a_damaged_part_is_analysed_again(
    opened: Callable[..., Library], tmp_path: Path, clip: Path, uninterrupted: Analysis
) -> None:
    """Parts are written atomically, so only a failing disk damages one."""
    library = opened(tmp_path)
    repository = library.for_owner(LOCAL)
    dispatcher = Dispatcher(library)
    entry = repository.add(clip, "a.mp4", JobSettings(every=2))
    wait_for(repository, entry, has_parts(library, 4), dispatcher)
    os.kill(pid_of(library, entry), signal.SIGKILL)
    last = library.storage.local_path(library.storage.keys(f"{entry.id}/parts")[-1])
    damaged = library.storage.local_path(f"{entry.id}/parts/000002.parquet")
    assert last is not None
    assert damaged is not None
    for path in (last, damaged):
        path.write_bytes(path.read_bytes()[:100])
    broken = wait_for(repository, entry, is_over, dispatcher)
    assert (broken.state, broken.can_resume) == (State.INTERRUPTED, True)
    assert broken.note.endswith("the results so far cannot be read.")
    resume(repository, entry.id)
    assert wait_for(repository, entry, is_over, dispatcher).state is State.DONE
    assert_equal(repository.load_analysis(entry.id), uninterrupted)
