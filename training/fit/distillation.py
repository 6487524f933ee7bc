"""Distillation from teacher models and self-distillation from earlier cycles.

After G. Hinton, O. Vinyals and J. Dean (2015, arXiv:1503.02531), and C. Yang, L. Xie, C. Su and A. Yuille (Snapshot
Distillation, CVPR 2019, arXiv:1812.00123).
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
    """Return the name and file digest of each teacher, or None without teachers.

    Raises:
        ModelError: There is no such model.
    """
    cards = [load_card(name) for name in teachers]
    return {card.name: card.sha256 for card in cards} or None


def distilled(examples: Examples, recipe: Recipe, folder: Path) -> Examples:
    """Return examples whose targets are mixed with the teachers' probabilities for the unaugmented faces.

    Without teachers, or if they are asked about augmented versions instead (:mod:`training.fit.consistent_teaching`),
    the examples are returned as they are. Each head uses the mean over the teachers that have its labels, and its own
    targets if there are none.

    Args:
        examples: Training faces with their targets.
        recipe: Names the teachers and their weight.
        folder: Folder of the run, in which the answers are cached.

    Raises:
        InputError: No head has a teacher's labels.
        ModelError: There is no such model.
    """
    if not recipe.teachers or recipe.teacher_versions:
        return examples
    if examples.origin is not None:
        return _distilled_first_set(examples, recipe, folder)
    asked = hashlib.sha256("".join((teacher_digests(recipe.teachers) or {}).values()).encode())
    asked.update(np.ascontiguousarray(examples.images).data)
    file = folder / f"teachers-{asked.hexdigest()[:12]}.npz"
    if not file.is_file():
        _save_teacher_answers(examples, [load_classifier(name) for name in recipe.teachers], file)
    return _learning_from(file, examples, recipe.teacher_weight)


def _distilled_first_set(examples: Examples, recipe: Recipe, folder: Path) -> Examples:
    """Use teachers for FER2013's faces only; on other sets their answers are worse than the labels."""
    first = np.asarray(examples.origin == 0, np.bool_)
    alone = replace(examples.take(first), origin=None)
    learned = distilled(alone, recipe, folder)
    heads = zip(examples.heads, learned.heads, strict=True)
    return replace(examples, heads=tuple(_with_rows(head, other, first) for head, other in heads))


def _with_rows(head: Head, other: Head, rows: NDArray[np.bool_]) -> Head:
    """Return a head with some rows of its targets replaced by another's."""
    shares = head.shares.copy()
    shares[rows] = other.shares
    return replace(head, shares=shares)


def self_distilled(examples: Examples, recipe: Recipe, run: RunFolder) -> Examples:
    """Return examples whose targets are mixed with the network's mean probabilities at the ends of earlier cycles.

    By then the network has learned most faces but not memorised odd labels, so its answers expose doubtful ones.

    Args:
        examples: Training faces with their targets.
        recipe: Defines the cycles and the share of the answers.
        run: Holds the weights at the ends of cycles; the answers are cached in its folder.
    """
    file = run.path / "recalled.npz"
    if not file.is_file():
        print(f"self-distillation: answering {len(examples)} faces", flush=True)
        columns = columns_of([len(head.label_set) for head in examples.heads])
        form = find_network(recipe.network).form(recipe)
        ends = [predict_logits(load_averaged(run, end), form, examples.images) for end in recipe.cycle_ends[:-1]]
        answers = {
            head.label_set.name: np.mean([softmax(logits[:, column], axis=1) for logits in ends], axis=0)
            for head, column in zip(examples.heads, columns, strict=True)
        }
        save_answers(answers, file)
    return _learning_from(file, examples, recipe.recall)


def _save_teacher_answers(examples: Examples, teachers: Sequence[LiteRTClassifier], file: Path) -> None:
    """Save the teachers' probabilities for each head under the name of its label set."""
    known = [head.label_set.labels for head in examples.heads]
    if others := [teacher.card.name for teacher in teachers if teacher.labels not in known]:
        expected = " or ".join(", ".join(labels) for labels in known)
        raise InputError(f"expected teachers that answer with {expected}; got {', '.join(others)}")
    print(f"asking {', '.join(teacher.card.name for teacher in teachers)} about {len(examples)} faces", flush=True)
    answers = {}
    for head in examples.heads:
        of_head = [teacher for teacher in teachers if teacher.labels == head.label_set.labels]
        if of_head:
            answers[head.label_set.name] = np.mean([_probabilities(each, examples) for each in of_head], axis=0)
    save_answers(answers, file)


def save_answers(answers: dict[str, Any], file: Path) -> None:
    """Save arrays by name as ``.npz``, by renaming a temporary file, so that a kill leaves no half-written file."""
    temporary = file.with_suffix(".new.npz")
    np.savez(temporary, **answers)
    temporary.replace(file)


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
