"""Answers to the training faces that are learned beside the targets: other models', and the network's own of before.

Soft targets are G. Hinton, O. Vinyals and J. Dean's (2015, arXiv:1503.02531); a network that teaches itself from one
cycle to the next is C. Yang, L. Xie, C. Su and A. Yuille's (Snapshot Distillation, CVPR 2019, arXiv:1812.00123).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from emotion.errors import InputError
from emotion.models.registry import load_card
from emotion.types import FloatArray
from emotion.vision.classify import LiteRTClassifier, load_classifier
from training.data.inputs import batchwise, predict_logits
from training.data.targets import Examples, Head
from training.fit.checkpoints import RunFolder
from training.fit.losses import columns_of
from training.fit.snapshots import load_averaged
from training.networks import find_network
from training.recipes import Recipe


def teacher_digests(teachers: Sequence[str]) -> dict[str, str] | None:
    """Return each teacher's name and the digest of its file, or None if there are none.

    Raises:
        ModelError: There is no such model.
    """
    cards = [load_card(name) for name in teachers]
    return {card.name: card.sha256 for card in cards} or None


def distilled(examples: Examples, recipe: Recipe, folder: Path) -> Examples:
    """Return examples whose targets are in part what the recipe's teachers answer to the unvaried faces.

    A head learns from the teachers that answer in its labels: from the mean of their probabilities
    if they are several, and from its own targets alone if there are none. A face without a target
    of its own counts by the teachers' share.

    Args:
        examples: Training faces with their targets.
        recipe: Names the teachers and their weight.
        folder: Of the run; the answers are kept there, as they take minutes.

    Raises:
        InputError: A teacher's labels are those of no head.
        ModelError: There is no such model.
    """
    if not recipe.teachers:
        return examples
    if examples.origin is not None:
        return _distilled_first_set(examples, recipe, folder)
    digests = "".join((teacher_digests(recipe.teachers) or {}).values())
    file = folder / f"teachers-{hashlib.sha256(digests.encode()).hexdigest()[:12]}.npz"
    if not file.is_file():
        _ask(examples, [load_classifier(name) for name in recipe.teachers], file)
    return _learning_from(file, examples, recipe.teacher_weight)


def _distilled_first_set(examples: Examples, recipe: Recipe, folder: Path) -> Examples:
    """Use teachers for FER2013's faces only: on other sets their answers are worse than the labels."""
    first = np.asarray(examples.origin == 0, np.bool_)
    alone = replace(examples.take(first), origin=None)
    learned = distilled(alone, recipe, folder)
    heads = zip(examples.heads, learned.heads, strict=True)
    return replace(examples, heads=tuple(_with_rows(head, other, first) for head, other in heads))


def _with_rows(head: Head, other: Head, rows: NDArray[np.bool_]) -> Head:
    """Return a head with some rows of its shares replaced by another's."""
    shares = head.shares.copy()
    shares[rows] = other.shares
    return replace(head, shares=shares)


def self_distilled(examples: Examples, recipe: Recipe, run: RunFolder) -> Examples:
    """Return examples whose targets are in part what a run's network answered to them after each earlier cycle.

    By then it knew most faces, but had not yet learned by heart what is odd about their labels: the
    mean of its answers tells a likely label from a doubtful one.

    Args:
        examples: Training faces with their targets.
        recipe: Its cycles, and the share that is recalled.
        run: Holds the weights of its cycles' ends; the answers are kept there.
    """
    file = run.path / "recalled.npz"
    if not file.is_file():
        print(f"recalling {len(examples)} faces", flush=True)
        columns = columns_of([len(head.label_set) for head in examples.heads])
        form = find_network(recipe.network).form(recipe)
        ends = [predict_logits(load_averaged(run, end), form, examples.images) for end in recipe.cycle_ends[:-1]]
        answers = {
            head.label_set.name: np.mean([softmax(logits[:, column], axis=1) for logits in ends], axis=0)
            for head, column in zip(examples.heads, columns, strict=True)
        }
        _keep(answers, file)
    return _learning_from(file, examples, recipe.recall)


def _ask(examples: Examples, teachers: Sequence[LiteRTClassifier], file: Path) -> None:
    """Write each head's probabilities under the name of its label set."""
    known = [head.label_set.labels for head in examples.heads]
    if strangers := [teacher.card.name for teacher in teachers if teacher.labels not in known]:
        expected = " or ".join(", ".join(labels) for labels in known)
        raise InputError(f"expected teachers that answer with {expected}; got {', '.join(strangers)}")
    print(f"asking {', '.join(teacher.card.name for teacher in teachers)} about {len(examples)} faces", flush=True)
    answers = {}
    for head in examples.heads:
        of_head = [teacher for teacher in teachers if teacher.labels == head.label_set.labels]
        if of_head:
            answers[head.label_set.name] = np.mean([_probabilities(each, examples) for each in of_head], axis=0)
    _keep(answers, file)


def _keep(answers: dict[str, Any], file: Path) -> None:
    """Write beside, then rename: a reader never sees half a file."""
    beside = file.with_suffix(".new.npz")
    np.savez(beside, **answers)
    beside.replace(file)


def _learning_from(file: Path, examples: Examples, weight: float) -> Examples:
    with np.load(file) as answers:
        return replace(examples, heads=tuple(_mixed(head, answers, weight) for head in examples.heads))


def _probabilities(teacher: LiteRTClassifier, examples: Examples) -> FloatArray:
    return batchwise(lambda faces: teacher.predict(list(faces)), examples.images)


def _mixed(head: Head, answers: np.lib.npyio.NpzFile, weight: float) -> Head:
    if head.label_set.name not in answers:
        return head
    shares = (1 - weight) * head.shares + weight * answers[head.label_set.name]
    return replace(head, shares=shares.astype(np.float32))
