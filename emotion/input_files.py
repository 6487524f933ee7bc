"""Recognises the files that operating systems add to folders and archives."""

from __future__ import annotations

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
