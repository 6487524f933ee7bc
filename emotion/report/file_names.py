"""File names from users' input: replaces only characters that file systems refuse, and truncates nothing."""

from __future__ import annotations

import re

from emotion.errors import InputError

MAX_BYTES = 255
"""Longest name on common file systems, in UTF-8."""

_REFUSED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
"""Characters that Windows, macOS or Linux does not allow in a name."""

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Device names on Windows, with any suffix."""


def file_name(stem: str, suffix: str) -> str:
    """Return a valid file name.

    Args:
        stem: The user's input; refused characters become ``_``.
        suffix: The suffix with its dot, unless the stem already has it.

    Raises:
        InputError: Nothing is left of the name, or it is too long.
    """
    # The input may already include the suffix, possibly in capitals.
    chosen = stem[: -len(suffix)] if suffix and stem.lower().endswith(suffix.lower()) else stem
    # Windows drops dots and spaces at the end of a name; leading spaces are never intended.
    clean = _REFUSED.sub("_", chosen).strip(" ").rstrip(". ")
    if not clean:
        raise InputError(f"expected a name for the file; got {stem!r}")
    name = f"_{clean}{suffix}" if _RESERVED.fullmatch(clean) else f"{clean}{suffix}"
    if len(name.encode()) > MAX_BYTES:
        raise InputError(f"expected a file name of at most {MAX_BYTES} bytes; got {len(name.encode())}: {name[:40]}…")
    return name
