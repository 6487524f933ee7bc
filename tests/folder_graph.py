"""Finds which folder of the project imports which, from the source code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOPS = ("emotion", "training", "ui", "pages", "bench")
FACADES = {"emotion/__init__.py", "emotion/__main__.py", "training/__main__.py", "bench/__main__.py"}
"""Entry points of packages, which may import from anywhere in them."""


@cache
def modules() -> dict[str, Path]:
    """Return the dotted name → file of every module outside tests."""
    files = [path for top in TOPS for path in (ROOT / top).rglob("*.py") if ".envs" not in path.parts]
    return {_dotted(path): path for path in [*files, ROOT / "server.py", ROOT / "streamlit_app.py"]}


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def folder_of(path: Path) -> str:
    """Return a file's folder, as ``docs/architecture.md`` writes it."""
    return path.parent.relative_to(ROOT).as_posix()


@cache
def imported(path: Path) -> frozenset[str]:
    """Return the dotted names that a file imports at run time: modules and names in them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in _run_nodes(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def _run_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes except those under ``TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING":
            continue
        yield child
        yield from _run_nodes(child)


@cache
def arrows() -> dict[tuple[str, str], list[str]]:
    """Return (folder, imported folder) → ``file imports module``, for different folders."""
    known = modules()
    found: dict[tuple[str, str], list[str]] = {}
    for path in known.values():
        name = path.relative_to(ROOT).as_posix()
        if name in FACADES:
            continue
        for target in imported(path) & known.keys():
            package = any(other.startswith(f"{target}.") for other in imported(path) & known.keys())
            pair = folder_of(path), folder_of(known[target])
            if pair[0] != pair[1] and not package:
                found.setdefault(pair, []).append(f"{name} imports {target}")
    return found


def layers() -> dict[str, int]:
    """Return each folder's layer in the table of ``docs/architecture.md``; 0 is the bottom."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", text, re.MULTILINE)
    return {folder: int(number) for number, cell in rows for folder in re.findall(r"`([^`]+)`", cell)}
