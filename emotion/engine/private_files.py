"""Creates folders and files that only their owner can read, whatever the umask."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, Literal

_FOLDER, _FILE = 0o700, 0o600


def make_private_folder(path: Path) -> None:
    """Create a folder and its missing parents with mode 0700; folders that exist keep their mode.

    Raises:
        OSError: A folder cannot be created.
    """
    if path.is_dir():
        return
    if path.parent != path:
        make_private_folder(path.parent)
    try:
        path.mkdir(_FOLDER)
    except FileExistsError:
        if path.is_dir():
            return
        raise
    # mkdir() and open() apply the umask, and one like 0o277 removes the owner's bits.
    path.chmod(_FOLDER)


def open_private(path: Path, mode: Literal["wb", "ab"]) -> BinaryIO:
    """Open a file for writing with mode 0600, even if it exists with another mode.

    Args:
        path: The file.
        mode: As for :func:`open`.

    Raises:
        OSError: It cannot be opened.
    """
    file: BinaryIO = open(path, mode, opener=lambda name, flags: os.open(name, flags, _FILE))  # noqa: SIM115
    about = os.fstat(file.fileno())
    if about.st_uid == os.geteuid() and stat.S_IMODE(about.st_mode) != _FILE and stat.S_ISREG(about.st_mode):
        os.fchmod(file.fileno(), _FILE)
    return file


def make_private(path: Path) -> None:
    """Give a folder mode 0700 or a file 0600, if it is this user's.

    A shared folder such as ``/tmp``, known by its sticky bit, keeps its mode.

    Raises:
        OSError: The file system refuses.
    """
    about = path.stat()
    wanted = _FOLDER if stat.S_ISDIR(about.st_mode) else _FILE
    mode = stat.S_IMODE(about.st_mode)
    if about.st_uid == os.geteuid() and mode != wanted and not mode & stat.S_ISVTX:
        path.chmod(wanted)
