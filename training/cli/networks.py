"""The commands ``train``, ``check``, ``search`` and ``ablate``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from emotion.labels import parse_label
from emotion.paths import ROOT, is_checkout, work_dir
from training.cli.arguments import add_data_option
from training.datasets.readers.parquet import data_option, default_faces_dir
from training.fit.checkpoints import RunFolder, default_runs_dir
from training.recipes import TARGETS, Recipe
from training.rounds import find_recipe

_RECIPE_OPTIONS = (
    "epochs",
    "cycles",
    "batch_size",
    "learning_rate",
    "seed",
    "targets",
    "oversample",
    "patience",
    "input_size",
)
"""Options that replace the recipe's field of the same name."""


def add_train(command: argparse.ArgumentParser) -> None:
    """Add the options of ``train``."""
    _add_recipe_options(command)
    command.add_argument("--runs", type=Path, default=default_runs_dir(), help="folder of runs (default: data/runs)")
    command.add_argument("--name", help="name of the run (default: the recipe's)")
    command.add_argument(
        "--weights", type=Path, metavar="PATH", help="initial weights: a run's folder, a .tflite model or others"
    )
    command.add_argument(
        "--faces", type=Path, default=default_faces_dir(),
        help="folder that the command faces wrote (default: data/datasets/faces)",
    )  # fmt: skip
    command.add_argument("--tensorboard", action="store_true", help="write a log for TensorBoard into the run's folder")
    command.set_defaults(run=_train)


def add_check(command: argparse.ArgumentParser) -> None:
    """Add the options of ``check``."""
    _add_recipe_options(command)
    command.add_argument(
        "--steps", type=int, default=200, help="maximum number of steps to overfit the faces (default: %(default)s)"
    )
    command.set_defaults(run=_check)


def add_search(command: argparse.ArgumentParser) -> None:
    """Add the options of ``search``."""
    _add_recipe_options(command)
    command.add_argument(
        "--runs", type=Path, default=default_runs_dir(), help="folder of runs and of the study (default: data/runs)"
    )
    command.add_argument(
        "--trials", type=int, default=20, help="number of trials, earlier ones included (default: %(default)s)"
    )
    command.add_argument("--minutes", type=float, help="start no trial after this many minutes")
    command.add_argument("--evolve", action="store_true", help="search architectures: accuracy against ms per face")
    command.add_argument("--population", type=int, default=10, help="candidates per generation (default: %(default)s)")
    command.add_argument(
        "--study",
        type=Path,
        default=work_dir() / "search" / "evolve.sqlite3",
        help="file of the architecture study (default: data/search/evolve.sqlite3)",
    )
    command.set_defaults(run=_search)


def add_ablate(command: argparse.ArgumentParser) -> None:
    """Add the options of ``ablate``."""
    add_data_option(command)
    command.add_argument(
        "--runs", type=Path, default=default_runs_dir() / "ablation",
        help="folder of its runs (default: data/runs/ablation)",
    )  # fmt: skip
    command.add_argument("--epochs", type=int, default=8, help="epochs of each variant (default: %(default)s)")
    command.add_argument("--limit", type=int, help="maximum number of faces per split, for a trial")
    command.add_argument("--only", metavar="NAMES", help="train only the base and these variants: mixup,no-erasing")
    command.set_defaults(run=_ablate)


def recipe_of(options: argparse.Namespace) -> Recipe:
    """Return the named recipe or the network's own, with the changes of the command line."""
    recipe = _named_recipe(options)
    changes = {name: getattr(options, name) for name in _RECIPE_OPTIONS if getattr(options, name) is not None}
    if options.classes is not None:
        changes["classes"] = tuple(parse_label(name) for name in options.classes.split(","))
    if options.teacher is not None:
        changes["teachers"] = tuple(options.teacher.split(","))
    if options.class_weights is not None:
        changes["class_weights"] = options.class_weights == "balanced"
    return replace(recipe, **changes)


def _named_recipe(options: argparse.Namespace) -> Recipe:
    if options.model is None:
        return find_recipe(options.recipe or "default")
    from training.networks import find_network

    network = find_network(options.model)
    if options.recipe is None:
        return network.recipe
    return replace(find_recipe(options.recipe), network=network.name, name=network.name)


def _add_recipe_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", metavar="NETWORK", help="the network, with its own recipe unless --recipe is given")
    command.add_argument("--recipe", help="name of a recipe (default: the network's own; without --model, “default”)")
    add_data_option(command)
    command.add_argument("--limit", type=int, help="maximum number of faces per split")
    command.add_argument("--classes", metavar="NAMES", help="only these classes, in this order: anger,neutral,sadness")
    command.add_argument(
        "--targets", choices=TARGETS, help="learn FER+ votes, the data set's own labels, either or both"
    )
    command.add_argument("--teacher", metavar="NAMES", help="teacher models for distillation")
    command.add_argument("--class-weights", choices=("none", "balanced"), help="weights of classes in the loss")
    command.add_argument(
        "--oversample", action="store_true", default=None, help="sample rare classes as often as common ones"
    )
    command.add_argument("--epochs", type=int, help="number of epochs (default: the recipe's)")
    command.add_argument("--cycles", type=int, help="cycles of the learning rate (default: the recipe's)")
    command.add_argument("--batch-size", type=int, help="faces per step (default: the recipe's)")
    command.add_argument("--learning-rate", type=float, help="highest learning rate (default: the recipe's)")
    command.add_argument("--patience", type=int, help="epochs without improvement before stopping; 0 for never")
    command.add_argument("--input-size", type=int, metavar="PX", help="side of the input (default: the network's)")
    command.add_argument("--seed", type=int, help="seed (default: the recipe's)")


def _train(options: argparse.Namespace) -> None:
    from training.face_parts.commands import is_part_network, train_command
    from training.fit.train import RunOptions, train

    if is_part_network(options.model):
        train_command(options)
        return

    is_run = options.weights is not None and options.weights.is_dir()
    weights = RunFolder(options.weights).best_file() if is_run else options.weights
    run_options = RunOptions(limit=options.limit, weights=weights, faces=options.faces, tensorboard=options.tensorboard)
    folder = train(recipe_of(options), options.data, options.runs, name=options.name, options=run_options)
    print(f"done; next: python -m training export --run {folder}{data_option(options.data)}")


def _check(options: argparse.Namespace) -> None:
    from training.evaluation.check import check, print_findings

    print_findings(check(recipe_of(options), options.data, limit=options.limit, steps=options.steps))


def _search(options: argparse.Namespace) -> None:
    from training.search.hyperparameters import print_study, search

    if options.evolve:
        _evolve(options)
        return
    print_study(
        search(
            recipe_of(options),
            options.data,
            options.runs,
            trials=options.trials,
            minutes=options.minutes,
            limit=options.limit,
        )
    )


def _evolve(options: argparse.Namespace) -> None:
    from training.search.architecture import Budget, evolve
    from training.search.evolve_report import draw_search, print_front, write_candidates

    budget = Budget(options.trials, options.minutes, options.population, limit=options.limit)
    if options.epochs:
        budget = replace(budget, epochs=options.epochs)
    study = evolve(options.data, options.runs / "evolve", options.study, budget, options.seed or 2024)
    file = options.study.with_name("candidates.csv")
    table = write_candidates(study, file)
    print_front(table)
    print("wrote", *(path.name for path in (file, *draw_search(table, file.parent))), f"in {file.parent}")


def _ablate(options: argparse.Namespace) -> None:
    from training.fit.backend import is_tensorflow
    from training.search.ablation import ablate, base_of, write

    # Trials on few faces must not overwrite the committed results.
    runs = options.runs if options.limit is None else options.runs / f"limit-{options.limit}"
    table = page = runs
    if options.limit is None:
        table, page = work_dir(), ROOT / "docs" if is_checkout() else work_dir()
    only = options.only.split(",") if options.only else None
    rows = ablate(options.data, runs, epochs=options.epochs, limit=options.limit, only=only)
    if is_tensorflow():  # int8 files need TensorFlow
        from training.search.ablation_int8 import measure_int8_and_tta

        rows += measure_int8_and_tta(base_of(runs, options.data, options.limit), options.data)
    write(rows, runs, table / "ablation.csv", page / "ablation.md")
    print(f"wrote {table / 'ablation.csv'} and {page / 'ablation.md'}")
