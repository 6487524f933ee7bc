"""Files of analyses, in a folder or wherever fsspec reaches; each is written whole or not at all."""

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

from emotion.errors import LibraryError

PARTIAL = ".partial"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Storage:
    """Files under one place, named by keys such as ``"<id>/timeline.parquet"``.

    Args:
        url: A folder, or a URL that fsspec opens, with its credentials where that file system looks for them. A path
            is a folder, whatever it is called.

    Raises:
        LibraryError: No file system of that kind is installed, or it cannot be reached.
    """

    def __init__(self, url: str | Path) -> None:
        try:
            self._fs, root = _place(url)
            self._root = str(root).rstrip("/")
            self._fs.makedirs(self._root, exist_ok=True)
        except (ImportError, ValueError, OSError) as error:
            raise LibraryError(f"expected EMOTION_STORAGE_URL to be a place for files; {url!r}: {error}") from error
        self._is_local = isinstance(self._fs, LocalFileSystem)
        self.url = self._root if self._is_local else str(url)
        """Where it is, from anywhere on this machine."""

    @contextlib.contextmanager
    def writing(self, key: str) -> Iterator[IO[bytes]]:
        """Give a file to write to; it takes its place when the block ends well, and else is gone."""
        target = self._path(key)
        folder, name = posixpath.split(target)
        partial = f"{folder}/.{name}{PARTIAL}"
        self._fs.makedirs(folder, exist_ok=True)
        try:
            with self._opened(partial) as file:
                yield file
                if self._is_local:
                    # Only what has reached the disk survives a power cut, whatever it is called.
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
        return Path(path).open("wb") if self._is_local else self._fs.open(path, "wb")

    def move(self, key: str, to: str) -> None:
        """Give a whole file another key, in place of what may be there.

        Raises:
            FileNotFoundError: There is none.
        """
        target = self._path(to)
        self._fs.makedirs(posixpath.dirname(target), exist_ok=True)
        if self._is_local:
            Path(self._path(key)).replace(target)
        else:
            self._fs.mv(self._path(key), target)

    def reading(self, key: str) -> BinaryIO:
        """Open a file, to be closed by the caller.

        Raises:
            FileNotFoundError: There is none.
        """
        file: BinaryIO = self._fs.open(self._path(key), "rb")
        return file

    def exists(self, key: str) -> bool:
        """Return whether there is such a file."""
        return bool(self._fs.exists(self._path(key)))

    def keys(self, folder: str) -> list[str]:
        """Return the keys of the whole files in a folder, sorted; none if there is no folder."""
        self._fs.invalidate_cache()
        try:
            names = [posixpath.basename(str(path)) for path in self._fs.ls(self._path(folder), detail=False)]
        except FileNotFoundError:
            return []
        return [f"{folder}/{name}" for name in sorted(names) if not name.endswith(PARTIAL)]

    def files(self, folder: str = "") -> list[str]:
        """Return the keys of all whole files in a folder and below, sorted; of everything if none is named."""
        self._fs.invalidate_cache()
        start = self._path(folder) if folder else self._root
        if not self._fs.exists(start):
            return []
        found = (str(path)[len(self._root) + 1 :] for path in self._fs.find(start))
        return sorted(key for key in found if not key.endswith(PARTIAL))

    def used_bytes(self, folder: str) -> int:
        """Return how much the files in a folder and below take."""
        self._fs.invalidate_cache()
        return int(self._fs.du(self._path(folder))) if self._fs.exists(self._path(folder)) else 0

    def remove(self, key: str) -> None:
        """Remove a file or a folder with all that is in it; nothing where there is none.

        Raises:
            LibraryError: Something could not be removed.
        """
        self._fs.invalidate_cache()
        path = self._path(key)
        try:
            # Not asked for first: what may not be seen would pass for what is not there.
            self._fs.rm(path, recursive=True)
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno == errno.EROFS and not self._fs.exists(path):
                # A disk that cannot be written refuses before it looks.
                return
            reason = error.strerror or str(error)
            raise LibraryError(f"{error.filename or path} could not be removed: {reason}") from error

    @contextlib.contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """Give a file's path on this machine; of a copy, for as long as the block lasts, if it lies elsewhere."""
        if self._is_local:
            yield Path(self._path(key))
            return
        with tempfile.TemporaryDirectory(prefix="emotion-") as folder:
            copy = Path(folder) / posixpath.basename(key)
            with self.reading(key) as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
            yield copy

    def local_path(self, key: str) -> Path | None:
        """Return where a file lies on this machine; None if it lies elsewhere or is absent."""
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
    """Return where the video of an analysis lies in the storage; it has no ending, as nothing goes by its name."""
    return f"{entry_id}/video"


def timeline_key(entry_id: str) -> str:
    """Return where the finished timeline of an analysis lies in the storage."""
    return f"{entry_id}/timeline.parquet"


def no_room(error: OSError) -> str | None:
    """Return one sentence for people if the disk is full, else None."""
    return "there is no room left on the disk; free some and try again" if error.errno in _NO_ROOM else None
