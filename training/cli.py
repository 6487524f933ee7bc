"""The command line of the training room. TensorFlow is imported inside the commands, so that ``--help`` is quick."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from emotion.errors import EmotionError
from training.datasets.parquet import default_data_dir
from training.recipes import Recipe, find_recipe
from training.run_folder import default_runs_dir


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0, or 2 after one line that says what was expected and what came.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except EmotionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands.add_parser("train", help="train a network by a recipe; the same command resumes it"))
    return parser


def _add_train(command: argparse.ArgumentParser) -> None:
    command.add_argument("--recipe", default="default", help="name of the recipe (default: %(default)s)")
    command.add_argument("--model", metavar="NETWORK", help="train this network instead of the recipe's")
    command.add_argument("--data", type=Path, default=default_data_dir(), help="folder of the Parquet splits")
    command.add_argument("--runs", type=Path, default=default_runs_dir(), help="folder of runs")
    command.add_argument("--name", help="name of the run (default: the recipe's, or the network's)")
    command.add_argument("--epochs", type=int, help="instead of the recipe's")
    command.add_argument("--batch-size", type=int, help="instead of the recipe's")
    command.add_argument("--limit", type=int, help="use at most so many faces of each split")
    command.add_argument("--seed", type=int, help="instead of the recipe's")
    command.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> None:
    from training.train import train

    folder = train(_recipe(options), options.data, options.runs, name=options.name, limit=options.limit)
    print(f"done; next: python -m training export --run {folder}")


def _recipe(options: argparse.Namespace) -> Recipe:
    """Return the named recipe with what the command line changes."""
    recipe = find_recipe(options.recipe)
    wanted = {
        "network": options.model,
        "name": options.model,
        "epochs": options.epochs,
        "batch_size": options.batch_size,
        "seed": options.seed,
    }
    return replace(recipe, **{key: value for key, value in wanted.items() if value is not None})
