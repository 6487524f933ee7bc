"""Names of files as people chose them: only what file systems refuse is changed, and nothing is cut off."""

from __future__ import annotations

import re

from emotion.errors import InputError

MAX_BYTES = 255
"""The longest name that the usual file systems take, in UTF-8."""

_REFUSED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
"""What Windows, macOS or Linux does not take in a name."""

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names of devices on Windows, with any ending."""


def file_name(stem: str, suffix: str) -> str:
    """Return a file's name that starts with what was chosen.

    Args:
        stem: As chosen; a refused sign becomes ``_``.
        suffix: What follows, with its dot; it is not added a second time.

    Raises:
        InputError: Nothing is left, or the name is longer than a file system takes.
    """
    # A hand types the ending too, in capitals perhaps.
    chosen = stem[: -len(suffix)] if suffix and stem.lower().endswith(suffix.lower()) else stem
    # Windows drops dots and spaces at the end of a name, and nobody means those in front.
    clean = _REFUSED.sub("_", chosen).strip(" ").rstrip(". ")
    if not clean:
        raise InputError(f"expected a name for the file; got {stem!r}")
    name = f"_{clean}{suffix}" if _RESERVED.fullmatch(clean) else f"{clean}{suffix}"
    if len(name.encode()) > MAX_BYTES:
        raise InputError(f"expected a file name of at most {MAX_BYTES} bytes; got {len(name.encode())}: {name[:40]}…")
    return name
