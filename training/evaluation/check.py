"""Quick checks of a network and its data before a long training."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from emotion.errors import EmotionError
from emotion.types import FloatArray
from training.augment import NONE
from training.data.inputs import InputForm, predict_logits
from training.data.pipeline import load_training_data
from training.data.targets import Examples
from training.fit.callbacks import validation_scores
from training.fit.losses import loss_of
from training.fit.optimise import Phase, compile_for
from training.networks import build_network, find_network
from training.recipes import CONSTANT, Recipe

FACES = 64
MAX_LOSS_GAP = 0.5
"""Largest distance of an untrained network's loss from ln k, in nats."""
MIN_ACCURACY = 0.95
"""Accuracy that a working network reaches when it overfits 64 faces."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check, with the expected and the actual result."""

    question: str
    expected: str
    found: str
    passed: bool


def check(recipe: Recipe, data: Path, *, limit: int | None = None, steps: int = 200) -> list[Finding]:
    """Check an untrained network's loss, and whether it can overfit a few faces.

    An initial loss far from ln k indicates wrong normalisation, targets or initialisation; a network that cannot
    overfit 64 faces has a bug between picture and loss (A. Karpathy, "A Recipe for Training Neural Networks", 2019).

    Args:
        recipe: The recipe; its augmentation and the network's dropout are turned off.
        data: Folder of the data set.
        limit: Maximum number of faces read per split.
        steps: Maximum number of gradient steps.
    """
    keras.utils.set_random_seed(recipe.seed)
    form = find_network(recipe.network).form(recipe)
    examples = _few(load_training_data(data, recipe, form, limit=limit).train, recipe.seed)
    plain = replace(recipe, augmentation=NONE, schedule=CONSTANT)
    model = build_network(recipe.network, examples.outputs, recipe.input_size)
    compile_for(model, plain, Phase(0, 1, "all", recipe.learning_rate), steps, loss_of(plain, examples))
    return [_undecided(model, form, examples), _overfits(model, form, examples, recipe.batch_size, steps)]


def print_findings(findings: list[Finding]) -> None:
    """Print one line per finding.

    Raises:
        EmotionError: A check failed.
    """
    for finding in findings:
        mark = "ok" if finding.passed else "NO"
        print(f"{mark}  {finding.question}: {finding.found} (expected {finding.expected})")
    if failed := [finding.question for finding in findings if not finding.passed]:
        raise EmotionError(f"expected every check to pass; failed: {', '.join(failed)}")


def _few(examples: Examples, seed: int) -> Examples:
    """Return 64 faces with a label for each head."""
    clear = np.flatnonzero(np.all([head.truth >= 0 for head in examples.heads], axis=0))
    few = examples.take(np.random.default_rng(seed).permutation(clear)[:FACES])
    heads = (replace(head, shares=np.eye(len(head.label_set), dtype=np.float32)[head.truth]) for head in few.heads)
    return replace(few, heads=tuple(heads))


def _undecided(model: Any, form: InputForm, examples: Examples) -> Finding:
    sizes = [len(head.label_set) for head in examples.heads]
    chance = math.log(math.prod(sizes))
    loss = validation_scores(predict_logits(model, form, examples.images), examples)["public_loss"]
    expected = f"{' + '.join(f'ln {size}' for size in sizes)} = {chance:.3f} ± {MAX_LOSS_GAP}"
    return Finding("loss before training", expected, f"{loss:.3f}", abs(loss - chance) <= MAX_LOSS_GAP)


def _overfits(model: Any, form: InputForm, examples: Examples, batch_size: int, steps: int) -> Finding:
    """Train on the same few faces until the accuracy is high enough or the steps are used up."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    faces = form.prepare(examples.images)
    accuracy, done = 0.0, 0
    while accuracy < MIN_ACCURACY and done < steps:
        accuracy, batches = _pass(model, faces, examples.shares, batch_size)
        done += batches
    expected = f"at least {MIN_ACCURACY:.0%} within {steps} steps"
    found = f"{accuracy:.0%} of {len(faces)} faces after {done} steps"
    return Finding("overfitting a few faces", expected, found, accuracy >= MIN_ACCURACY)


def _pass(model: Any, faces: FloatArray, shares: FloatArray, batch_size: int) -> tuple[float, int]:
    """Take one step per batch; return the accuracy during the pass and the number of steps."""
    starts = range(0, len(faces), batch_size)
    model.reset_metrics()
    for start in starts:
        rows = slice(start, start + batch_size)
        logs = model.train_on_batch(faces[rows], shares[rows], return_dict=True)
    return float(logs["accuracy"]), len(starts)
