"""The glossary: text for people uses none of its old words."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from emotion.cli.main import build_parser
from tests.conftest import ROOT

GLOSSARY = ROOT / "docs" / "glossary.md"
CODE = [path for folder in ("ui", "pages", "emotion") for path in sorted((ROOT / folder).rglob("*.py"))]
TEMPLATES = [
    path
    for folder in ("ui", "emotion")
    for ending in ("*.js", "*.html", "*.jinja")
    for path in sorted((ROOT / folder).rglob(ending))
]
GUIDES = [path for path in (*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md") if path != GLOSSARY]


def rows(text: str) -> list[tuple[str, str, list[str]]]:
    """Return term, meaning and old words of each row in the glossary's tables."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if len(cells) == 3 and cells[0] not in {"Term", "---"}:
            found.append((cells[0], cells[1], [word for word in cells[2].split("; ") if word]))
    return found


@cache
def old_words() -> re.Pattern[str]:
    words = [word for _, _, old in rows(GLOSSARY.read_text(encoding="utf-8")) for word in old]
    return re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words), re.IGNORECASE)


def texts(path: Path) -> Iterator[str]:
    """Yield the strings of a module except its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def found_in(text: str) -> list[str]:
    return old_words().findall(" ".join(text.split()))


def helps(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the help of a command and of all its subcommands."""
    yield parser.format_help()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from helps(inner)


def test_every_term_is_listed_once_with_its_meaning():
    found = rows(GLOSSARY.read_text(encoding="utf-8"))
    terms = [term for term, _, _ in found]
    assert len(terms) > 40
    assert len(terms) == len({term.casefold() for term in terms})
    assert all(meaning or old for _, meaning, old in found)


def test_no_old_word_is_also_a_term():
    found = rows(GLOSSARY.read_text(encoding="utf-8"))
    terms = {term.casefold() for term, _, _ in found}
    assert not [word for _, _, old in found for word in old if word.casefold() in terms]


@pytest.mark.parametrize(
    "text",
    ["Your feelings", "Broke off at 3 s", "no room left", "is nobody else", "50 per cent", "Model lab", "For what?"],
)
def test_old_words_are_found(text: str):
    assert found_in(text)


@pytest.mark.parametrize("text", ["expression", "a roomy lab", "broken", "percent", "the model's labels", "free space"])
def test_other_words_are_not(text: str):
    assert not found_in(text)


@pytest.mark.slow
def test_the_code_shows_no_old_words():
    found = [(path.name, word) for path in CODE for text in texts(path) for word in found_in(text)]
    assert found == []


@pytest.mark.parametrize("path", [*TEMPLATES, *GUIDES], ids=lambda path: path.name)
def test_templates_and_guides_show_no_old_words(path: Path):
    assert found_in(path.read_text(encoding="utf-8")) == []


def test_the_help_of_every_command_shows_no_old_words():
    assert [word for text in helps(build_parser()) for word in found_in(text)] == []
