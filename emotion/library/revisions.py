"""The schema's revisions, read from the file names in ``migrations/versions`` so that Alembic need not be loaded."""

from __future__ import annotations

from functools import cache
from pathlib import Path

MIGRATIONS = Path(__file__).with_name("migrations")
"""Folder of Alembic's environment and scripts."""


@cache
def revisions() -> tuple[str, ...]:
    """Return all schema revisions, the current one first."""
    found = (path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    return tuple(sorted(found, reverse=True))


def newest_revision() -> str:
    """Return the revision of this version of the program."""
    return revisions()[0]
