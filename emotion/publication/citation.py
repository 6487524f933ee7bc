"""The citation of this program; a test compares it with ``CITATION.cff``."""

from __future__ import annotations

from emotion.version import program_version

TITLE = "Facial Expression Analytics"
AUTHOR = "The Facial Expression Analytics contributors"
RELEASED = 2026


def citation() -> str:
    """Return the citation of this version as one line."""
    return f"{AUTHOR} ({RELEASED}). {TITLE} (version {program_version()}) [Computer software]. Apache-2.0."


def bibtex() -> str:
    """Return the citation as a BibTeX entry."""
    fields = {"author": f"{{{AUTHOR}}}", "title": TITLE, "version": program_version(), "year": str(RELEASED)}
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@software{{facial_expression_analytics,\n{lines}}}"
