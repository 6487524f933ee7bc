"""The command line of the training room. TensorFlow is imported inside the commands, so that ``--help`` is quick."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from emotion.errors import EmotionError
from emotion.registry import resolve
from training.data_commands import add_facts, add_prepare
from training.datasets.parquet import default_data_dir
from training.recipes import Recipe, find_recipe
from training.run_folder import RunFolder, default_runs_dir


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
    add_prepare(commands.add_parser("prepare", help="bring a public data set, whatever its format, into one form"))
    add_facts(commands.add_parser("facts", help="measure what is in a data set: counts, mean faces, copies, agreement"))
    _add_train(commands.add_parser("train", help="train a network by a recipe; the same command resumes it"))
    _add_export(commands.add_parser("export", help="make an int8 model with a card out of a run"))
    _add_evaluate(commands.add_parser("evaluate", help="score a model on PublicTest and PrivateTest"))
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


def _add_export(command: argparse.ArgumentParser) -> None:
    command.add_argument("--run", dest="folder", type=Path, default=default_runs_dir() / "default", help="the run")
    command.add_argument("--name", default=resolve("default"), help="of the model (default: %(default)s)")
    command.add_argument("--title", default="VGG, eight FER+ expressions", help="of the model, for people")
    command.add_argument("--data", type=Path, default=default_data_dir(), help="folder of the Parquet splits")
    command.set_defaults(run=_export)


def _add_evaluate(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", default="default", help="name or alias (default: %(default)s)")
    command.add_argument("--data", type=Path, default=default_data_dir(), help="folder of the Parquet splits")
    command.add_argument("--runs", type=Path, default=default_runs_dir(), help="where the float parent may lie")
    command.set_defaults(run=_evaluate)


def _train(options: argparse.Namespace) -> None:
    from training.train import train

    folder = train(_recipe(options), options.data, options.runs, name=options.name, limit=options.limit)
    print(f"done; next: python -m training export --run {folder}")


def _export(options: argparse.Namespace) -> None:
    from training.export import export

    card = export(RunFolder(options.folder), options.name, options.data, options.title)
    print(f"wrote {card.name}: {card.parameters:,} parameters, temperature {card.temperature}")
    print(f"next: python -m training evaluate --model {card.name}")


def _evaluate(options: argparse.Namespace) -> None:
    from training.evaluate import evaluate
    from training.report import print_evaluation

    print_evaluation(evaluate(options.model, options.data, options.runs))


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
