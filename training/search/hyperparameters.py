"""Hyperparameter search with Optuna; the study is an SQLite file and can be continued."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import optuna
from rich.console import Console
from rich.table import Table

from training.fit.checkpoints import RunFolder
from training.fit.early_stopping import ACCURACY
from training.fit.finite_check import DivergedError
from training.fit.train import RunOptions, train
from training.recipes import Recipe

STUDY_FILE = "search.sqlite3"
_SHOWN = 10


def search(
    recipe: Recipe, data: Path, runs: Path, *, trials: int, minutes: float | None = None, limit: int | None = None
) -> optuna.Study:
    """Train with varied settings and record the validation accuracy of each trial.

    Poor trials are pruned by the median rule. The study of the same recipe name is continued.

    Args:
        recipe: The recipe to vary, with the epochs of each trial.
        data: Folder of the data set.
        runs: Folder of the study's file and of a run per trial.
        trials: Total number of trials, earlier ones included.
        minutes: Start no trial after this time; None for no limit.
        limit: Maximum number of faces per split.
    """
    runs.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=f"sqlite:///{runs / STUDY_FILE}",
        study_name=recipe.name,
        direction="maximize",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=recipe.seed),
        pruner=optuna.pruners.MedianPruner(n_warmup_steps=1),
    )
    folder = runs / f"search-{recipe.name}"
    study.optimize(
        lambda trial: _accuracy(trial, recipe, data, folder, limit),
        n_trials=max(trials - len(study.trials), 0),
        timeout=None if minutes is None else minutes * 60,
    )
    return study


def suggest(trial: Any, recipe: Recipe) -> Recipe:
    """Return the recipe with an Optuna trial's rate, batch size, decay, class weights and augmentation."""
    rate = recipe.learning_rate
    augmentation = replace(
        recipe.augmentation,
        shift=trial.suggest_float("shift", 0.0, 0.15),
        rotation_deg=trial.suggest_float("rotation_deg", 0.0, 20.0),
        zoom=trial.suggest_float("zoom", 0.0, 0.25),
        contrast=trial.suggest_float("contrast", 0.0, 0.5),
        erase=trial.suggest_float("erase", 0.0, 0.5),
    )
    return replace(
        recipe,
        name=f"trial-{trial.number:04d}",
        learning_rate=trial.suggest_float("learning_rate", rate / 10, rate * 10, log=True),
        batch_size=trial.suggest_categorical("batch_size", (32, 64, 128)),
        weight_decay=trial.suggest_float("weight_decay", 1e-6, 1e-2, log=True),
        class_weights=trial.suggest_categorical("class_weights", (False, True)),
        augmentation=augmentation,
    )


def print_study(study: optuna.Study) -> None:
    """Print the best trials and the settings of each."""
    done = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    best = sorted(done, key=lambda trial: trial.value or 0.0, reverse=True)[:_SHOWN]
    table = Table("trial", "validation accuracy", "settings", title=f"{len(study.trials)} trials of {study.study_name}")
    for trial in best:
        settings = ", ".join(f"{key} {_short(value)}" for key, value in trial.params.items())
        table.add_row(str(trial.number), f"{trial.value:.4f}", settings)
    Console().print(table)


class _Report(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports each epoch's accuracy to a trial, and prunes it."""

    def __init__(self, trial: optuna.Trial) -> None:
        super().__init__()
        self.trial = trial

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Report the epoch that was just validated."""
        self.trial.report((logs or {})[ACCURACY], epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned


def _accuracy(trial: optuna.Trial, recipe: Recipe, data: Path, folder: Path, limit: int | None) -> float:
    try:
        run = train(suggest(trial, recipe), data, folder, options=RunOptions(limit=limit, callbacks=(_Report(trial),)))
    except DivergedError as error:
        raise optuna.TrialPruned(str(error)) from error
    return float(max(row[ACCURACY] for row in RunFolder(run).state()["history"]))


def _short(value: Any) -> str:
    return f"{value:.2g}" if isinstance(value, float) else str(value)
