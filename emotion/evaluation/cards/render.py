"""Renders a card as Markdown, and as one self-contained HTML file."""

from __future__ import annotations

from pathlib import Path

from emotion.evaluation.cards.document import Document, Section, Table
from emotion.templates import templates_in
from emotion.version import program_version

_TEMPLATES = templates_in(Path(__file__).parent / "templates")
_SIGNS = frozenset("\\`*_[]<>|#")


def to_markdown(document: Document) -> str:
    """Return a card as Markdown with tables."""
    blocks = [f"# {_plain(document.title)}", _plain(document.lead)]
    for section in document.sections:
        blocks.append(f"## {_plain(section.title)}")
        blocks += [_plain(words) for words in section.words]
        if section.points:
            blocks.append("\n".join(f"- {_plain(point)}" for point in section.points))
        blocks += [block for table in section.tables for block in _markdown_table(table)]
        blocks += [_plain(words) for words in section.notes]
    return "\n\n".join([*blocks, f"Written by version {program_version()} from the model's own files."]) + "\n"


def to_html(document: Document) -> str:
    """Return a card as an HTML page, also for printing."""
    return _TEMPLATES.get_template("card.html.jinja").render(document=document, version=program_version())


def section_html(section: Section) -> str:
    """Return a section as HTML without its title, for a page of the app."""
    return _TEMPLATES.get_template("section.html.jinja").render(section=section)


def _markdown_table(table: Table) -> list[str]:
    lines = [table.columns, tuple("---" for _ in table.columns), *table.rows]
    text = "\n".join("| " + " | ".join(cell if cell == "---" else _plain(cell) for cell in row) + " |" for row in lines)
    return [f"**{_plain(table.title)}**", text] if table.title else [text]


def _plain(text: str) -> str:
    """Return text on one line with Markdown's special characters escaped."""
    return "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in " ".join(text.split()))
