"""Lists the files in a folder that a command was given, without those that operating systems add."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from emotion.errors import InputError

_NAMES = frozenset({"thumbs.db", "desktop.ini", "icon\r"})
_FOLDERS = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information"})


def is_litter(path: str) -> bool:
    """Return whether a file in a folder or archive is hidden or was added by the operating system.

    Hidden files include AppleDouble files: macOS writes ``._a.mp4`` beside ``a.mp4`` on foreign disks.
    Do not call it for a file that the user named explicitly.

    Args:
        path: Relative to the searched folder, with slashes or backslashes.
    """
    parts = [part.lower() for part in path.replace("\\", "/").split("/")]
    hidden = any(part.startswith(".") and part not in {".", ".."} for part in parts)
    return hidden or parts[-1] in _NAMES or not _FOLDERS.isdisjoint(parts)


def files_in(path: Path, is_wanted: Callable[[str], bool], things: str) -> list[Path]:
    """Return the wanted files in a folder, by name; any other path as it is, whatever its suffix.

    Args:
        path: What the user named.
        is_wanted: Whether a file is wanted, by its name.
        things: What is wanted, for the message.

    Raises:
        InputError: The folder has none.
    """
    if not path.is_dir():
        return [path]
    # A folder may have a file's suffix; a dangling link is a missing file.
    inside = sorted(file for file in path.iterdir() if is_wanted(file.name) and not file.is_dir())
    if not inside:
        raise InputError(f"expected {things} in {path}; there are none")
    return inside
