"""What other models answer to the training faces, learned beside the targets (Hinton et al. 2015)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from emotion.errors import InputError
from emotion.registry import load_card
from emotion.types import FloatArray
from emotion.vision.classify import LiteRTClassifier, load_classifier
from training.inputs import batchwise
from training.recipes import Recipe
from training.targets import Examples, Head


def digests_of(teachers: Sequence[str]) -> dict[str, str] | None:
    """Return each teacher's name and the digest of its file, or None if there are none.

    Raises:
        ModelError: There is no such model.
    """
    cards = [load_card(name) for name in teachers]
    return {card.name: card.sha256 for card in cards} or None


def taught(examples: Examples, recipe: Recipe, folder: Path) -> Examples:
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
    digests = "".join((digests_of(recipe.teachers) or {}).values())
    file = folder / f"teachers-{hashlib.sha256(digests.encode()).hexdigest()[:12]}.npz"
    if not file.is_file():
        _ask(examples, [load_classifier(name) for name in recipe.teachers], file)
    with np.load(file) as answers:
        return replace(examples, heads=tuple(_mixed(head, answers, recipe.teacher_weight) for head in examples.heads))


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
    beside = file.with_suffix(".new.npz")
    np.savez(beside, **answers)
    beside.replace(file)


def _probabilities(teacher: LiteRTClassifier, examples: Examples) -> FloatArray:
    return batchwise(lambda faces: teacher.predict(list(faces)), examples.images)


def _mixed(head: Head, answers: np.lib.npyio.NpzFile, weight: float) -> Head:
    if head.label_set.name not in answers:
        return head
    shares = (1 - weight) * head.shares + weight * answers[head.label_set.name]
    return replace(head, shares=shares.astype(np.float32))
