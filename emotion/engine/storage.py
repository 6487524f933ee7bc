"""Stores files in a folder or on any fsspec file system; each file is written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import posixpath
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO

import fsspec
from fsspec.implementations.local import LocalFileSystem

from emotion.engine.private_files import make_private_folder, open_private
from emotion.errors import LibraryError, brief
from emotion.masking import masked

PARTIAL = ".partial"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Storage:
    """Files under one place, named by keys such as ``"<id>/timeline.parquet"``.

    Args:
        url: A folder, or a URL that fsspec opens, whose credentials come from where that file system looks for them.
            A ``Path`` is always a folder.
        private: Whether only the owner of the process may read the files, as far as they are on this machine.

    Raises:
        LibraryError: No such file system is installed, or it cannot be reached.
    """

    def __init__(self, url: str | Path, *, private: bool = False) -> None:
        self._is_private = private
        try:
            self._fs, root = _place(url)
            self._root = str(root).rstrip("/")
            self._is_local = isinstance(self._fs, LocalFileSystem)
            self._make_folder(self._root)
        except Exception as error:  # file systems have their own exceptions
            reason = (error.strerror if isinstance(error, OSError) else None) or brief(error) or type(error).__name__
            shown = masked(str(url))
            raise LibraryError(f"expected EMOTION_STORAGE_URL to be a folder or a URL; {shown!r}: {reason}") from error
        self.url = self._root if self._is_local else str(url)
        """Absolute address of the storage."""

    @contextlib.contextmanager
    def writing(self, key: str) -> Iterator[IO[bytes]]:
        """Open a file for writing. It appears under its key when the block succeeds; otherwise it is discarded."""
        target = self._path(key)
        folder, name = posixpath.split(target)
        partial = f"{folder}/.{name}{PARTIAL}"
        self._make_folder(folder)
        try:
            with self._opened(partial) as file:
                yield file
                if self._is_local:
                    # Without fsync, a power cut could leave the renamed file empty.
                    file.flush()
                    os.fsync(file.fileno())
            if self._is_local:
                Path(partial).replace(target)
            else:
                self._fs.mv(partial, target)
        except BaseException:
            with contextlib.suppress(OSError):
                self._fs.rm_file(partial)
            raise

    def _opened(self, path: str) -> Any:
        if not self._is_local:
            return self._fs.open(path, "wb")
        return open_private(Path(path), "wb") if self._is_private else Path(path).open("wb")

    def _make_folder(self, folder: str) -> None:
        if self._is_local and self._is_private:
            make_private_folder(Path(folder))
        else:
            self._fs.makedirs(folder, exist_ok=True)

    def move(self, key: str, to: str) -> None:
        """Move a file to another key, replacing any file there.

        Raises:
            FileNotFoundError: There is no such file.
        """
        target = self._path(to)
        self._make_folder(posixpath.dirname(target))
        if self._is_local:
            Path(self._path(key)).replace(target)
        else:
            self._fs.mv(self._path(key), target)

    def reading(self, key: str) -> BinaryIO:
        """Open a file for reading; the caller closes it.

        Raises:
            FileNotFoundError: There is no such file.
        """
        file: BinaryIO = self._fs.open(self._path(key), "rb")
        return file

    def exists(self, key: str) -> bool:
        """Return whether a file exists."""
        return bool(self._fs.exists(self._path(key)))

    def keys(self, folder: str) -> list[str]:
        """Return the sorted keys of the finished files in a folder; empty if there is no such folder."""
        self._fs.invalidate_cache()
        try:
            names = [posixpath.basename(str(path)) for path in self._fs.ls(self._path(folder), detail=False)]
        except FileNotFoundError:
            return []
        return [f"{folder}/{name}" for name in sorted(names) if not name.endswith(PARTIAL)]

    def folders(self) -> list[str]:
        """Return the sorted names of all top-level folders."""
        self._fs.invalidate_cache()
        try:
            found = self._fs.ls(self._root, detail=True)
        except FileNotFoundError:  # object storage has no empty folders
            return []
        return sorted(posixpath.basename(str(one["name"]).rstrip("/")) for one in found if one["type"] == "directory")

    def files(self, folder: str = "") -> list[str]:
        """Return the sorted keys of all finished files in a folder and its subfolders; by default, of all files."""
        self._fs.invalidate_cache()
        start = self._path(folder) if folder else self._root
        if not self._fs.exists(start):
            return []
        found = (str(path)[len(self._root) + 1 :] for path in self._fs.find(start))
        return sorted(key for key in found if not key.endswith(PARTIAL))

    def used_bytes(self, folder: str) -> int:
        """Return the total size of the files in a folder and its subfolders, in bytes."""
        self._fs.invalidate_cache()
        return int(self._fs.du(self._path(folder))) if self._fs.exists(self._path(folder)) else 0

    def remove(self, key: str) -> None:
        """Remove a file, or a folder with its contents; does nothing if there is none.

        Raises:
            LibraryError: A file could not be removed.
        """
        self._fs.invalidate_cache()
        path = self._path(key)
        try:
            # No exists() check: an unreadable path would look missing.
            self._fs.rm(path, recursive=True)
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno == errno.EROFS and not self._fs.exists(path):
                # A read-only disk refuses before it checks whether the path exists.
                return
            reason = error.strerror or str(error)
            raise LibraryError(f"{error.filename or path} could not be removed: {reason}") from error

    @contextlib.contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """Yield a local path of a file. A remote file is downloaded for the duration of the block."""
        if self._is_local:
            yield Path(self._path(key))
            return
        with tempfile.TemporaryDirectory(prefix="emotion-") as folder:
            copy = Path(folder) / posixpath.basename(key)
            with self.reading(key) as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
            yield copy

    def local_path(self, key: str) -> Path | None:
        """Return the local path of a file; None if the storage is remote or there is no such file."""
        return Path(self._path(key)) if self._is_local and self.exists(key) else None

    def _path(self, key: str) -> str:
        parts = key.split("/")
        if not all(parts) or any(part in {".", ".."} for part in parts):
            raise ValueError(f"expected a key like 'folder/name'; got {key!r}")
        return f"{self._root}/{key}"


def _place(url: str | Path) -> tuple[Any, str]:
    if isinstance(url, Path):
        return LocalFileSystem(), str(url.absolute())
    fs, root = fsspec.core.url_to_fs(url)
    return fs, str(root)


def video_key(entry_id: str) -> str:
    """Return the key of an analysis' video. It has no extension, as nothing depends on its name."""
    return f"{entry_id}/video"


def timeline_key(entry_id: str) -> str:
    """Return the key of an analysis' finished timeline."""
    return f"{entry_id}/timeline.parquet"


def disk_full_message(error: OSError) -> str | None:
    """Return a message if an error means that the disk is full; None otherwise."""
    return "the disk is full; free some space and try again" if error.errno in _NO_ROOM else None
