"""The commands ``export``, ``import``, ``ensemble``, ``calibrate`` and ``evaluate``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from emotion.errors import InputError
from emotion.labels import parse_label
from emotion.models.registry import file_bytes, load_card, resolve
from emotion.types import ModelCard
from emotion.vision.normalise import NORMALISATIONS, UNIT
from training.cli.arguments import add_data_option
from training.datasets.readers.parquet import data_option, default_faces_dir
from training.evaluation.evaluation_sets import HOW_TO_MAKE, RAFDB_FOLDER, has_rafdb
from training.fit.checkpoints import RunFolder, default_runs_dir


def add_export(command: argparse.ArgumentParser) -> None:
    """Add the options of ``export``."""
    command.add_argument(
        "--run", dest="folder", type=Path, default=default_runs_dir() / "default",
        help="folder of the run (default: data/runs/default)",
    )  # fmt: skip
    command.add_argument("--name", help="name of the model (default: the run's)")
    command.add_argument("--title", help="display title of the model (default: the network's)")
    command.add_argument("--epoch", type=int, help="epoch to export (default: the best)")
    command.add_argument("--head", metavar="LABEL_SET", help="head of a network with two (default: the first)")
    add_data_option(command)
    _add_pooling(command)
    command.add_argument(
        "--serving", type=Path, metavar="DIR", help="instead, write the model --name (default: default) for "
        "TensorFlow Serving, as DIR/NAME/VERSION",
    )  # fmt: skip
    command.set_defaults(run=_export)


def add_import(command: argparse.ArgumentParser) -> None:
    """Add the options of ``import``."""
    command.add_argument("--model", type=Path, metavar="FILE", help="a whole network: .h5, .hdf5 or .keras")
    command.add_argument(
        "--architecture", type=Path, metavar="JSON", help="instead of --model: the output of to_json()"
    )
    command.add_argument("--weights", type=Path, metavar="H5", help="with --architecture: the output of save_weights()")
    command.add_argument("--name", required=True, help="name of the model")
    command.add_argument("--title", help="display title of the model (default: its name)")
    command.add_argument(
        "--classes", metavar="NAMES", help="meaning of the outputs, in order (default: by their number)"
    )
    command.add_argument(
        "--normalisation", choices=NORMALISATIONS, default=UNIT, help="pixel scaling in training (default: %(default)s)"
    )
    command.add_argument("--licence", help="terms of the weights (default: not stated)")
    add_data_option(command)
    command.set_defaults(run=_import)


def add_ensemble(command: argparse.ArgumentParser) -> None:
    """Add the options of ``ensemble``."""
    command.add_argument("--members", required=True, metavar="NAMES", help="models with the same labels: a,b,c")
    command.add_argument("--name", required=True, help="name of the ensemble")
    command.add_argument("--title", help="display title of the ensemble")
    add_data_option(command)
    command.set_defaults(run=_ensemble)


def add_calibrate(command: argparse.ArgumentParser) -> None:
    """Add the options of ``calibrate``."""
    command.add_argument("--model", required=True, help="a model or an alias")
    add_data_option(command)
    _add_pooling(command)
    command.set_defaults(run=_calibrate)


def _add_pooling(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--faces", type=Path, help="folder of aligned faces: calibrate on RAF-DB's validation faces as well "
        "(default: only for models that learned from RAF-DB, those in data/datasets/faces)",
    )  # fmt: skip


def add_evaluate(command: argparse.ArgumentParser) -> None:
    """Add the options of ``evaluate``."""
    command.add_argument("--model", default="default", help="a model or an alias (default: %(default)s)")
    add_data_option(command)
    command.add_argument(
        "--faces", type=Path, default=default_faces_dir(),
        help="folder of aligned faces, whose RAF-DB is scored as well (default: data/datasets/faces)",
    )  # fmt: skip
    command.set_defaults(run=_evaluate)


def _export(options: argparse.Namespace) -> None:
    from training.export.export import export
    from training.face_parts.commands import export_command, is_part_run

    if options.serving:
        from training.export.saved_model import export_serving

        print(f"wrote {export_serving(load_card(options.name or 'default'), options.serving)}")
        return
    if is_part_run(options.folder):
        export_command(options)
        return

    name = options.name or resolve(options.folder.name)
    chosen = {"epoch": options.epoch, "head": options.head, "faces": options.faces}
    _print_card(export(RunFolder(options.folder), name, options.data, options.title, **chosen), options.data)


def _import(options: argparse.Namespace) -> None:
    from training.export.import_network import NetworkFiles, import_network

    if (options.model is None) == (options.weights is None) or (options.model and options.architecture):
        raise InputError("expected a network as --model FILE, or as --architecture JSON with --weights H5")
    classes = tuple(parse_label(name) for name in options.classes.split(",")) if options.classes else None
    files = NetworkFiles(
        options.architecture,
        options.model or options.weights,
        options.normalisation,
        classes=classes,
        licence=options.licence,
    )
    _print_card(import_network(files, options.name, options.title or options.name, options.data), options.data)


def _ensemble(options: argparse.Namespace) -> None:
    from training.evaluation.ensemble import make_ensemble

    _print_card(make_ensemble(options.members.split(","), options.name, options.data, options.title), options.data)


def _calibrate(options: argparse.Namespace) -> None:
    from training.evaluation.calibrate import calibrate

    _print_card(calibrate(options.model, options.data, options.faces), options.data)


def _evaluate(options: argparse.Namespace) -> None:
    from training.evaluation.evaluate import evaluate
    from training.evaluation.report import print_evaluation
    from training.face_parts.commands import evaluate_command, is_part_model

    if is_part_model(options.model):
        evaluate_command(options)
        return
    load_card(options.model)  # report an unknown model before missing data
    if not has_rafdb(options.faces):
        print(f"RAF-DB is not scored, as {options.faces} holds no {RAFDB_FOLDER}: {HOW_TO_MAKE}", file=sys.stderr)
    print_evaluation(evaluate(options.model, options.data, options.faces))


def _print_card(card: ModelCard, data: Path) -> None:
    from training.export.int4 import INT4_KERNELS

    size_mb = file_bytes(card) / 1e6
    print(
        f"wrote {card.name}: {card.parameters:,} parameters, {size_mb:.1f} MB, temperature {card.temperature}, "
        f"unclear below {card.abstain_below}"
    )
    if kernels := card.training.get(INT4_KERNELS):
        print("stored in 4 bits to reduce the file: dense", ", ".join(f"{inputs}×{units}" for inputs, units in kernels))
    print(f"next: python -m training evaluate --model {card.name}{data_option(data)}")
