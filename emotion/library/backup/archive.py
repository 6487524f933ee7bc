"""Reads and writes backups: a folder or a .tar file of named files with digests, written atomically."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from emotion.errors import LibraryError, brief

MANIFEST = "manifest.json"
SUFFIX = ".tar"
_FORMAT = 1
_BLOCK = 1 << 20
_UNREADABLE = (OSError, EOFError, RecursionError, tarfile.TarError)


class ArchiveWriter:
    """Writes the files of a backup.

    Args:
        put: Function that stores a stream of known size under a name.
    """

    def __init__(self, put: Any) -> None:
        self._put = put
        self.files: dict[str, dict[str, Any]] = {}

    def add(self, name: str, file: IO[bytes]) -> None:
        """Add a file, from its current position."""
        start = file.tell()
        size = file.seek(0, io.SEEK_END) - start
        file.seek(start)
        hashing = _Hashing(file)
        self._put(name, hashing, size)
        self.files[name] = {"bytes": size, "sha256": hashing.hexdigest()}

    def add_bytes(self, name: str, content: bytes) -> None:
        """Add a file from memory."""
        self.add(name, io.BytesIO(content))

    def forget(self, start: str) -> None:
        """Remove the added files with this prefix from the list."""
        self.files = {name: facts for name, facts in self.files.items() if not name.startswith(start)}

    def finish(self, facts: dict[str, Any]) -> None:
        """Write the list of files."""
        manifest = {"format": _FORMAT, **facts, "files": self.files}
        content = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        self._put(MANIFEST, io.BytesIO(content), len(content))


class ArchiveReader:
    """Reads the files of a backup.

    Attributes:
        facts: Facts about the backup.

    Args:
        open_file: Function that opens a file by its name; raises ``KeyError`` or ``OSError`` if it is missing.
        name: Display name of the backup.

    Raises:
        LibraryError: It is not a backup, or of a newer version.
    """

    def __init__(self, open_file: Any, name: str) -> None:
        self._open, self._name = open_file, name
        try:
            with open_file(MANIFEST) as file:
                self.facts: dict[str, Any] = json.load(file)
            version = self.facts["format"]
            if version == _FORMAT:
                self._files = {str(one): (int(of["bytes"]), str(of["sha256"])) for one, of in self._listed()}
        except (*_UNREADABLE, KeyError, ValueError, TypeError, AttributeError) as error:
            raise LibraryError(f"expected a complete backup of a library; {name} is not one") from error
        if version != _FORMAT:
            raise LibraryError(f"expected a backup of format {_FORMAT}; {name} has {brief(version)}")

    def _listed(self) -> Iterable[tuple[str, dict[str, Any]]]:
        listed: dict[str, dict[str, Any]] = self.facts["files"]
        return listed.items()

    def names(self, start: str = "") -> list[str]:
        """Return the names of the files with this prefix."""
        return [name for name in self._files if name.startswith(start)]

    @property
    def total_bytes(self) -> int:
        """Total size of all files."""
        return sum(size for size, _ in self._files.values())

    def copy(self, name: str, target: IO[bytes]) -> None:
        """Copy a file to another one, and check its digest.

        Raises:
            LibraryError: It is damaged or absent.
        """
        digest, size = hashlib.sha256(), 0
        try:
            with self._open(name) as file:
                while block := _read(file, name):
                    digest.update(block)
                    size += len(block)
                    target.write(block)
        except (KeyError, FileNotFoundError, tarfile.TarError) as error:
            raise LibraryError(f"expected a complete backup; {name} is missing from {self._name}") from error
        if (size, digest.hexdigest()) != self._files[name]:
            raise LibraryError(f"expected an undamaged backup; {name} in {self._name} is damaged")

    def read(self, name: str) -> bytes:
        """Return a file's content.

        Raises:
            LibraryError: It is damaged or absent.
        """
        content = io.BytesIO()
        self.copy(name, content)
        return content.getvalue()

    def verify(self) -> None:
        """Check every file's digest.

        Raises:
            LibraryError: A file is damaged or missing.
        """
        with Path(os.devnull).open("wb") as nowhere:
            for name in self._files:
                self.copy(name, nowhere)


@contextlib.contextmanager
def writing_archive(target: Path) -> Iterator[ArchiveWriter]:
    """Yield a writer of a new private backup, which is discarded if the block fails.

    Args:
        target: A new file ending in ``.tar``, or a new folder.

    Raises:
        LibraryError: The target exists.
    """
    if target.exists():
        raise LibraryError(f"expected a new name for the backup; {target.name} already exists")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    _remove(partial)
    try:
        with _tar_writer(partial) if target.suffix == SUFFIX else _folder_writer(partial) as writer:
            yield writer
        partial.rename(target)
    except BaseException:
        _remove(partial)
        raise


@contextlib.contextmanager
def reading_archive(source: Path) -> Iterator[ArchiveReader]:
    """Yield a reader of a backup.

    Raises:
        LibraryError: It is not a backup, or damaged.
    """
    if not source.exists():
        raise LibraryError(f"expected a backup; there is no {source.name}")
    if source.is_dir():
        yield ArchiveReader(lambda name: _inside(source, name).open("rb"), source.name)
        return
    try:
        tar = tarfile.open(source, "r:")  # noqa: SIM115 – closed below, where its errors are handled
    except _UNREADABLE as error:
        raise LibraryError(f"expected a backup, which is a folder or a {SUFFIX} file; got {source.name}") from error
    with tar:
        yield ArchiveReader(lambda name: _member(tar, name), source.name)


@contextlib.contextmanager
def _tar_writer(path: Path) -> Iterator[ArchiveWriter]:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:

            def put(name: str, content: Any, size: int) -> None:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = size, 0o600
                tar.addfile(entry, content)

            yield ArchiveWriter(put)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _folder_writer(path: Path) -> Iterator[ArchiveWriter]:
    path.mkdir(mode=0o700)

    def put(name: str, content: Any, size: int) -> None:
        del size
        file = _inside(path, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as target:
            shutil.copyfileobj(content, target, _BLOCK)
            target.flush()
            os.fsync(target.fileno())

    yield ArchiveWriter(put)


def _read(file: IO[bytes], name: str) -> bytes:
    try:
        return file.read(_BLOCK)
    except _UNREADABLE as error:
        raise LibraryError(f"expected an undamaged backup; {name} cannot be read") from error


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file


def _inside(folder: Path, name: str) -> Path:
    """Return the path of a file in a folder; refuse paths outside it."""
    parts = name.split("/")
    if not all(parts) or any(part in {".", ".."} for part in parts):
        raise LibraryError(f"expected file names inside the backup; got {name!r}")
    return folder.joinpath(*parts)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class _Hashing:
    """A stream that computes the digest of what is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._digest.update(block)
        return block

    def hexdigest(self) -> str:
        return self._digest.hexdigest()
