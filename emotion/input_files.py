"""Files that operating systems leave beside the user's own, which no folder of pictures or videos is about."""

from __future__ import annotations

_NAMES = frozenset({"thumbs.db", "desktop.ini", "icon\r"})
_FOLDERS = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information"})


def is_litter(path: str) -> bool:
    """Return whether a file in a folder or archive is hidden or an operating system's own.

    Hidden files include AppleDouble files: macOS writes ``._a.mp4`` beside ``a.mp4`` on foreign disks.
    A file that the user names is never asked about.

    Args:
        path: Relative to the folder that is looked through, with slashes of either kind.
    """
    parts = [part.lower() for part in path.replace("\\", "/").split("/")]
    hidden = any(part.startswith(".") and part not in {".", ".."} for part in parts)
    return hidden or parts[-1] in _NAMES or not _FOLDERS.isdisjoint(parts)
