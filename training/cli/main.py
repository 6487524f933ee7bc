"""Prepares data sets, and trains, exports and evaluates models."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from emotion.cli.common.status import INTERRUPTED
from emotion.errors import EmotionError
from training.cli.angles import add_angles
from training.cli.data import add_faces, add_facts, add_prepare
from training.cli.models import add_calibrate, add_ensemble, add_evaluate, add_export, add_import
from training.cli.networks import add_ablate, add_check, add_search, add_train


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0; 1 if some rows or files were skipped, which are listed; or after a one-line message 2, or 130 if Ctrl-C
        stopped the command.
    """
    # The commands import TensorFlow themselves, so that --help is quick.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    options = build_parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return INTERRUPTED
    except EmotionError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename or 'a file'} cannot be written or read: {error.strerror}", file=sys.stderr)
    return 2


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every command and option."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_prepare(commands.add_parser("prepare", help="convert a public data set to the format that training reads"))
    add_faces(commands.add_parser("faces", help="align the extra sets of faces that are used beside FER2013"))
    add_facts(commands.add_parser("facts", help="describe a data set: counts, mean faces, duplicates, agreement"))
    add_check(commands.add_parser("check", help="check quickly whether a network can be trained"))
    add_train(commands.add_parser("train", help="train a network by a recipe; the same command resumes the run"))
    add_search(commands.add_parser("search", help="search hyperparameters or architectures with Optuna"))
    add_ablate(commands.add_parser("ablate", help="measure what each idea in the recipe “default” is worth"))
    add_export(commands.add_parser("export", help="export a run as an int8 model with a card"))
    add_import(commands.add_parser("import", help="make a model of an external Keras network"))
    add_ensemble(commands.add_parser("ensemble", help="make a model that averages the answers of others"))
    add_calibrate(commands.add_parser("calibrate", help="calibrate a model on the validation split"))
    add_angles(commands.add_parser("angles", help="add accuracy by head angle to a model's evaluation"))
    add_evaluate(commands.add_parser("evaluate", help="score a model on the validation and test splits"))
    return parser
