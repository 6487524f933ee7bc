"""The command ``card``: a model's card for people, as Markdown or HTML."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from emotion.errors import DatasetError, InputError
from emotion.evaluation.cards.content import model_document
from emotion.evaluation.cards.render import to_html, to_markdown

_WRITERS = {"markdown": to_markdown, "html": to_html}
_ENDINGS = {".md": "markdown", ".markdown": "markdown", ".txt": "markdown", ".html": "html", ".htm": "html"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("model", metavar="NAME", help="model (see “emotion models”)")
    parser.add_argument(
        "--format", choices=sorted(_WRITERS), help="format (default: by the ending of --out, or markdown)"
    )
    parser.add_argument("--facts", type=Path, metavar="FILE", help="facts.json of a data set to include")
    parser.add_argument("--out", type=Path, metavar="FILE", help="output file (default: print)")


def run(options: argparse.Namespace) -> int:
    """Write or print a model's card; returns 0.

    Raises:
        EmotionError: There is no such model, or a file is damaged.
    """
    facts = {} if options.facts is None else {options.facts.absolute().parent.name: _facts(options.facts)}
    text = _WRITERS[options.format or _format_of(options.out)](model_document(options.model, facts))
    if options.out is None:
        print(text, end="")
    else:
        options.out.write_text(text, encoding="utf-8")
        print(options.out)
    return 0


def _format_of(out: Path | None) -> str:
    if out is None:
        return "markdown"
    if out.suffix.lower() not in _ENDINGS:
        raise InputError(f"expected a file that ends in {', '.join(_ENDINGS)}, or --format; got {out.name}")
    return _ENDINGS[out.suffix.lower()]


def _facts(file: Path) -> dict[str, Any]:
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DatasetError(f"the facts in {file.name} cannot be read: {error}") from error
    if not isinstance(facts, dict) or not {"splits", "labels"} <= facts.keys():
        raise DatasetError(f"expected facts as `python -m training facts` writes them in {file.name}")
    return facts
