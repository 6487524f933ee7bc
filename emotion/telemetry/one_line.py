"""Turns untrusted text into one visible line, for pages and logs."""

from __future__ import annotations

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cs"})
_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """Return text without control characters, direction marks and lone surrogates, its white space as spaces.

    Args:
        text: Text of any origin. Line ends and runs of white space become one space each.
    """
    return " ".join("".join(sign for sign in text if not _is_invisible(sign)).split())


def _is_invisible(sign: str) -> bool:
    return sign in _DIRECTION_MARKS or (unicodedata.category(sign) in _INVISIBLE and not sign.isspace())
