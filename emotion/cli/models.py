"""The command ``models``: lists the installed models, adds one and removes it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from emotion.cli.common.output import LONGEST_LINE, console
from emotion.cli.common.status import OK
from emotion.errors import InputError, ModelError
from emotion.evaluation.set_scores import card_scores, scored_families, short_title
from emotion.imported_models.importer import CardDetails, import_model, remove_model, suggest_name
from emotion.labels import CODES, parse_labels
from emotion.models.registry import ALIASES, list_models, load_card
from emotion.types import ModelCard
from emotion.vision.normalise import NORMALISATIONS, UNIT

_SCORES = (
    "Accuracy/mean recall in percent on test faces. A model with fewer labels is scored only on faces of these. "
    "Details: python -m emotion card NAME"
)

_DESCRIPTION = "labels", "name", "title", "licence"
"""Options that describe the model to add."""


def add_options(models: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    change = models.add_mutually_exclusive_group()
    change.add_argument("--add", type=Path, metavar="FILE", help="check a .tflite file and add it; needs --labels")
    change.add_argument("--remove", metavar="NAME", help="delete an added model")
    models.add_argument(
        "--labels",
        metavar="NAMES",
        help=f"labels of the outputs in order, such as anger,happiness,neutral, or {', '.join(CODES)}",
    )
    models.add_argument("--name", metavar="NAME", help="name in commands (default: from the file's name)")
    models.add_argument("--title", default="", metavar="TEXT", help="display title (default: the name)")
    models.add_argument(
        "--normalisation", choices=NORMALISATIONS, default=UNIT, help="pixel scaling (default: %(default)s)"
    )
    models.add_argument("--licence", default="", metavar="TEXT", help="licence and source (default: not stated)")


def run(options: argparse.Namespace) -> int:
    """Add or remove a model if asked to, print the installed ones, and return 0.

    Raises:
        EmotionError: The file, its description or the name cannot be used.
    """
    described = [name for name in _DESCRIPTION if getattr(options, name)]
    if described and options.add is None:
        raise InputError(f"expected --add with --{described[0]}")
    if options.add is not None:
        print(f"added as {_import(options)}")
    elif options.remove is not None:
        remove_model(options.remove)
    cards, damaged = _cards()
    shown = console()
    shown.print(*_tables(cards, shown), sep="\n")
    for message in damaged:
        print(message, file=sys.stderr)
    return OK


def _import(options: argparse.Namespace) -> str:
    """Add a model and return its name in commands."""
    if options.labels is None:
        raise InputError("expected --labels with --add: the labels of the outputs, in order")
    name = suggest_name(options.add.name) if options.name is None else options.name
    labels = parse_labels(options.labels)
    return import_model(
        options.add, CardDetails(name, labels, options.normalisation, options.title, options.licence)
    ).name


def _cards() -> tuple[list[ModelCard], list[str]]:
    """Return the cards of the installed models, and a message for each that cannot be read."""
    cards, damaged = [], []
    for name in list_models():
        try:
            cards.append(load_card(name))
        except ModelError as error:
            damaged.append(str(error))
    return cards, damaged


def _tables(cards: Sequence[ModelCard], shown: Console) -> list[Table]:
    """Return the models' scores and titles, as two tables where a line has no room for both."""
    both = _table(cards, scored_families(cards), with_titles=True)
    if shown.measure(both, options=shown.options.update(width=LONGEST_LINE)).maximum <= shown.width:
        return [both]
    titles = Table("model", "title", box=None, padding=(0, 1, 0, 0))
    for card in cards:
        titles.add_row(card.name, card.title)
    return [_table(cards, scored_families(cards), with_titles=False), titles]


def _table(cards: Sequence[ModelCard], families: Sequence[str], *, with_titles: bool) -> Table:
    """Return models with their sizes and, test set by test set, accuracy and mean recall."""
    table = Table(box=None, padding=(0, 1, 0, 0), caption=_SCORES if families else None, caption_justify="left")
    # Names must not break in a narrow window, as they are typed in commands.
    for heading in ("model", "labels", "params", "MACs"):
        table.add_column(heading, no_wrap=True)
    for family in families:
        table.add_column(short_title(family), no_wrap=True, min_width=len("100.0/100.0") - 2)
    if with_titles:
        table.add_column("title", no_wrap=True)
    for card in cards:
        shown = f"{card.name} (default)" if card.name == ALIASES["default"] else card.name
        cost = "–" if card.multiply_adds is None else f"{card.multiply_adds / 1e6:.0f} M"
        size, title = f"{card.parameters / 1e6:.1f} M", [card.title] if with_titles else []
        table.add_row(shown, str(len(card.labels)), size, cost, *_scores(card, families), *title)
    return table


def _scores(card: ModelCard, families: Sequence[str]) -> list[str]:
    scores = card_scores(card)
    return ["/".join(f"{100 * share:.1f}" for share in scores[of]) if of in scores else "–" for of in families]
