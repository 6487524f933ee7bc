"""Architecture search: NSGA-II over validation accuracy and measured time per face.

Every candidate is trained on the same small budget, converted to int8 and timed. The study is an SQLite file, so that a
search can be continued; :mod:`training.search.evolve_report` reports its results.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from emotion.evaluation.timing import ms_per_face
from emotion.vision.litert import LiteRTModel
from training.data.inputs import InputForm
from training.data.pipeline import read_role
from training.evaluation.cost import multiply_adds
from training.export.quantise import to_int8
from training.fit.checkpoints import RunFolder
from training.fit.early_stopping import ACCURACY
from training.fit.snapshots import load_averaged
from training.fit.train import RunOptions, train
from training.networks import find_network
from training.networks.evolved import Genome
from training.recipes import VOTES, Recipe

BATCH_SIZE = 32
WARMUP_EPOCHS = 0.25
AVERAGE_DECAY = 0.98
"""Per step. With larger batches, longer warm-up or slower averages, all candidates score almost the same after the few
hundred steps of a trial."""
STUDY_FILE = "evolve.sqlite3"
STUDY = "architectures"
TIMED_FACES = 100
TYPICAL_FACES = 60
"""Representative faces for the converter; accuracy is the float network's, so they have no effect on it."""

FACTS = ("network", "input_size", "parameters", "multiply_adds", "file_bytes")
"""User attributes of a candidate's trial."""

_STEMS = (8, 16, 24, 32)
_WIDTHS = ((16, 24, 32, 48, 64), (32, 48, 64, 96, 128), (64, 96, 128, 192, 256, 320))
_DEPTHS = (1, 2, 3)
_KERNELS = (3, 5)
_SIZES = (32, 40, 48)


@dataclass(frozen=True, slots=True)
class Budget:
    """Budget of a search.

    Attributes:
        candidates: Total number, earlier ones included.
        minutes: Start no candidate after this time; None for no limit.
        population: Candidates per generation.
        epochs: Epochs per candidate.
        limit: Maximum number of faces per split; None for all.
    """

    candidates: int = 40
    minutes: float | None = None
    population: int = 10
    epochs: int = 3
    limit: int | None = None


def evolve(data: Path, runs: Path, file: Path, budget: Budget, seed: int = 2024) -> optuna.Study:
    """Evaluate candidates until the budget is spent, and return the study.

    Args:
        data: Folder of the data set.
        runs: Folder of the candidates' runs, which are removed after scoring.
        file: SQLite file of the study; created if missing.
        budget: The budget.
        seed: Seeds the search and every training.
    """
    study = open_study(file, budget.population, seed)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)  # its process is gone
    done = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
    study.optimize(
        lambda trial: _evaluate(trial, data, runs, budget, seed),
        n_trials=max(budget.candidates - done, 0),
        timeout=None if budget.minutes is None else budget.minutes * 60,
        callbacks=[_replay],
    )
    return study


def open_study(file: Path, population: int = 10, seed: int = 2024) -> optuna.Study:
    """Open the study in a file, or create it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return optuna.create_study(
        storage=f"sqlite:///{file}",
        study_name=STUDY,
        directions=("maximize", "minimize"),
        load_if_exists=True,
        sampler=optuna.samplers.NSGAIISampler(population_size=population, seed=seed),
    )


def suggest_genome(trial: Any) -> tuple[Genome, int]:
    """Return an Optuna trial's genome and input size, px."""
    genome = Genome(
        stem=trial.suggest_categorical("stem", _STEMS),
        widths=tuple(trial.suggest_categorical(f"width_{n}", choice) for n, choice in enumerate(_WIDTHS, start=1)),
        depths=tuple(trial.suggest_categorical(f"depth_{n}", _DEPTHS) for n in (1, 2, 3)),
        kernels=tuple(trial.suggest_categorical(f"kernel_{n}", _KERNELS) for n in (1, 2, 3)),
        excited=trial.suggest_categorical("excited", (False, True)),
        by_place=trial.suggest_categorical("by_place", (False, True)),
    )
    return genome, trial.suggest_categorical("input_size", _SIZES)


def recipe_for(genome: Genome, input_size: int, epochs: int, seed: int) -> Recipe:
    """Return the recipe of every candidate: FER+ votes, few epochs of small batches, mild augmentation."""
    recipe = find_network(genome.name).recipe
    augmentation = replace(recipe.augmentation, worsen=0.0, erase=0.0)
    return replace(
        recipe,
        epochs=epochs,
        batch_size=BATCH_SIZE,
        learning_rate=recipe.learning_rate * BATCH_SIZE / recipe.batch_size,
        warmup_epochs=WARMUP_EPOCHS,
        average_decay=AVERAGE_DECAY,
        input_size=input_size,
        seed=seed,
        augmentation=augmentation,
        targets=VOTES,
        cycles=1,
        mixup=0.0,
        label_smoothing=0.0,
        logit_adjustment=0.0,
    )


def _evaluate(trial: optuna.Trial, data: Path, runs: Path, budget: Budget, seed: int) -> tuple[float, float]:
    """Train, convert and time a candidate; return accuracy (0–1) and ms per face. Repeated genomes reuse the scores."""
    genome, input_size = suggest_genome(trial)
    if twin := _twin_of(trial):
        for name in FACTS:
            trial.set_user_attr(name, twin.user_attrs[name])
        return twin.values[0], twin.values[1]
    recipe = recipe_for(genome, input_size, budget.epochs, seed)
    with tempfile.TemporaryDirectory(dir=_made(runs)) as folder:
        run = RunFolder(train(recipe, data, Path(folder), options=RunOptions(limit=budget.limit)))
        accuracy = max(row[ACCURACY] for row in run.state()["history"])
        model, form = load_averaged(run), find_network(genome.name).form(recipe)
    file, ms = _as_file(model, form, data)
    facts = (genome.name, input_size, model.count_params(), multiply_adds(model), len(file))
    for name, value in zip(FACTS, facts, strict=True):
        trial.set_user_attr(name, value)
    return float(accuracy), ms


def _twin_of(trial: optuna.Trial) -> optuna.trial.FrozenTrial | None:
    judged = trial.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return next((earlier for earlier in judged if earlier.params == trial.params), None)


def _as_file(model: Any, form: InputForm, data: Path) -> tuple[bytes, float]:
    """Return the int8 file's bytes, and its time per face on one core, ms."""
    faces = read_role(data, "validation", form.size).images[:TIMED_FACES]
    file = to_int8(model, form, faces[:TYPICAL_FACES])
    with tempfile.NamedTemporaryFile(suffix=".tflite") as place:
        place.write(file)
        place.flush()
        network = LiteRTModel(Path(place.name))
        return file, ms_per_face(lambda face: network(form.prepare(face[None])), faces)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _replay(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
    done = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
    accuracy, ms = trial.values
    print(f"candidate {done}: accuracy {accuracy:.4f}, {ms:.3f} ms, {trial.user_attrs['network']}", flush=True)
