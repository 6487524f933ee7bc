"""Writes measured figures into a page of docs, between markers."""

from __future__ import annotations

from collections.abc import Mapping


def with_part(text: str, begin: str, part: str, end: str) -> str:
    """Return a page with ``part`` in place of everything between two markers; unchanged if it lacks them."""
    before, found, rest = text.partition(begin)
    return before + begin + part + end + rest.partition(end)[2] if found else text


def with_parts(text: str, parts: Mapping[str, str]) -> str:
    """Return a page with its parts between ``<!-- name: begin -->`` and ``<!-- name: end -->``.

    Args:
        text: The page.
        parts: Name → lines, each with its line break; those for which the page has no markers are left out.
    """
    for name, part in parts.items():
        text = with_part(text, f"<!-- {name}: begin -->\n", part, f"<!-- {name}: end -->")
    return text
