"""Recipes: one record per model with everything that determines its training."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from emotion.errors import InputError
from emotion.labels import FERPLUS_LABELS
from training.augment import GENTLE, Augmentation

VOTES, LABELS, EITHER, BOTH = "votes", "labels", "either", "both"
TARGETS = (VOTES, LABELS, EITHER, BOTH)
SGD, ADAM = "sgd", "adam"
COSINE, CONSTANT = "cosine", "constant"
_TUPLES = ("classes", "teachers", "teacher_shares")


@dataclass(frozen=True, slots=True)
class ExtraSet:
    """A set of faces that is used beside the data set.

    Attributes:
        name: Name of its folder.
        weight: Average number of times that each face is shown in an epoch.
        trust: Share of a face's target that goes to its label, 0–1; the rest goes to its partial label.
        teacher_shares: Weight of each teacher for its faces; empty for the recipe's.
    """

    name: str
    weight: float = 1.0
    trust: float = 1.0
    teacher_shares: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train one model.

    Attributes:
        name: Name of the recipe, and of its run by default.
        network: Name in ``training.networks.NETWORKS``.
        epochs: Passes over the training split.
        batch_size: Faces per step.
        learning_rate: Peak of the schedule.
        warmup_epochs: Length of the cosine schedule's linear warm-up.
        momentum: Nesterov momentum of SGD.
        weight_decay: Decoupled weight decay, times the learning rate; kernels only.
        average_decay: Decay per step of the exponential moving average of all weights; 0 for no average.
        normalisation: See ``emotion.vision.normalise``.
        seed: Seeds initial weights, order and augmentation.
        augmentation: Augmentation of training faces.
        optimizer: ``"sgd"`` or ``"adam"``.
        schedule: ``"cosine"`` (warm-up, then down to zero) or ``"constant"``.
        targets: ``"votes"`` (shares of FER+ votes), ``"labels"`` (the data set's own), ``"either"``
            (votes where the data set has them) or ``"both"`` (a head for each).
        classes: Expressions in the order of the outputs; empty for all of the data set.
        class_weights: Weight the loss so that all classes count the same.
        oversample: Sample rare classes as often as common ones.
        patience: Early stopping after this many epochs without improvement; 0 to disable.
        plateau: Halve the learning rate after this many epochs without improvement; 0 to disable.
        frozen_epochs: First epochs, in which a pretrained network trains its output layer only.
        fine_tuning: Factor on the learning rate after the frozen epochs.
        input_size: Side of the network's input, px; 0 for the network's default.
        cycles: Number of cosine cycles; the weights at the end of each are kept (Loshchilov and Hutter 2017; Huang et
            al. 2017).
        label_smoothing: Share of a label's target that is spread over all labels (Szegedy et al. 2016).
        logit_adjustment: Strength of logit adjustment, which favours rare labels; 0 for none (Menon et al. 2021).
        mixup: Parameter of mixup's beta distribution; 0 for none (Zhang et al. 2018).
        sharpness: Radius ρ of sharpness-aware minimisation (SAM); 0 for plain gradients (Foret et al. 2021).
        teachers: Models for distillation (Hinton et al. 2015).
        teacher_weight: Share of the targets that comes from the teachers, 0–1.
        teacher_shares: Weight of each teacher in their mean; empty for equal weights. Only with ``teacher_versions``.
        teacher_versions: Number of rotated, scaled and shifted versions of each face, extra sets included, that the
            teachers answer (:mod:`training.fit.consistent_teaching`); 0 for answers about FER2013's faces as they are.
        recall: Self-distillation: share of the last cycle's targets that comes from the network's own answers at the
            ends of earlier cycles, 0–1 (Yang et al. 2019).
        sets: Extra sets of faces. Other prepared sets in the same folder are used with weight and trust 1. Empty for
            the data set alone.
        balance: Strength of class balancing, 0–1: a label's share of an epoch is its natural share to the power of
            1 − balance.
    """

    name: str
    network: str
    epochs: int = 18
    batch_size: int = 128
    learning_rate: float = 0.1
    warmup_epochs: float = 1.0
    momentum: float = 0.9
    weight_decay: float = 5e-4
    average_decay: float = 0.996
    normalisation: str = "standardise"
    seed: int = 2024
    augmentation: Augmentation = field(default_factory=Augmentation)
    optimizer: str = SGD
    schedule: str = COSINE
    targets: str = VOTES
    classes: tuple[str, ...] = ()
    class_weights: bool = False
    oversample: bool = False
    patience: int = 0
    plateau: int = 0
    frozen_epochs: int = 0
    fine_tuning: float = 1.0
    input_size: int = 0
    cycles: int = 1
    label_smoothing: float = 0.0
    logit_adjustment: float = 0.0
    mixup: float = 0.0
    sharpness: float = 0.0
    teachers: tuple[str, ...] = ()
    teacher_weight: float = 0.5
    teacher_shares: tuple[float, ...] = ()
    teacher_versions: int = 0
    recall: float = 0.0
    sets: tuple[ExtraSet, ...] = ()
    balance: float = 0.0

    def __post_init__(self) -> None:
        for value, known in (
            (self.optimizer, (SGD, ADAM)),
            (self.schedule, (COSINE, CONSTANT)),
            (self.targets, TARGETS),
        ):
            if value not in known:
                raise InputError(f"expected one of {', '.join(known)} in recipe {self.name}; got {value!r}")
        if self.plateau and self.schedule != CONSTANT:
            raise InputError(f"expected a constant schedule where a plateau lowers the rate; got {self.schedule!r}")
        if self.epochs < 1 or self.batch_size < 1:
            raise InputError(f"expected at least 1 epoch and 1 face; got {self.epochs} and {self.batch_size}")
        if not 0 <= self.teacher_weight <= 1:
            raise InputError(f"expected a teacher weight from 0 to 1; got {self.teacher_weight}")
        for shares in (self.teacher_shares, *(each.teacher_shares for each in self.sets)):
            if shares and len(shares) != len(self.teachers):
                raise InputError(f"expected a share for each of {len(self.teachers)} teachers; got {shares}")
        if self.teacher_versions and not self.teachers:
            raise InputError(f"expected teachers in recipe {self.name}, which has versions for them; got none")
        if not 0 <= self.recall <= 1:
            raise InputError(f"expected a share of recalled answers from 0 to 1; got {self.recall}")
        if self.cycles < 1 or self.epochs % self.cycles:
            raise InputError(f"expected cycles of whole epochs; got {self.epochs} epochs in {self.cycles} cycles")

    @property
    def cycle_ends(self) -> tuple[int, ...]:
        """Number of finished epochs at the end of each cycle."""
        length = self.epochs // self.cycles
        return tuple(range(length, self.epochs + 1, length))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return dict(json.loads(json.dumps(asdict(self))))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """Build from :meth:`to_dict`'s output, also of earlier versions with fewer fields."""
        tuples = {name: tuple(values.get(name, ())) for name in _TUPLES}
        sets = tuple(
            ExtraSet(**each | {"teacher_shares": tuple(each.get("teacher_shares", ()))})
            for each in values.get("sets", ())
        )
        return cls(**(values | tuples | {"sets": sets, "augmentation": Augmentation(**values["augmentation"])}))


def classic_recipe(name: str, **changes: Any) -> Recipe:
    """Return the recipe of classic networks for the data set's own labels: Adam, reduced on plateaus."""
    usual: dict[str, Any] = {
        "epochs": 40,
        "batch_size": 64,
        "learning_rate": 1e-3,
        "weight_decay": 0.0,
        "average_decay": 0.0,
        "optimizer": ADAM,
        "schedule": CONSTANT,
        "targets": LABELS,
        "patience": 10,
        "plateau": 4,
    }
    return Recipe(name=name, network=name, **(usual | changes))


def transfer_recipe(name: str, normalisation: str) -> Recipe:
    """Return the recipe of large networks for eight expressions: first the output layer, then fine-tuning of all."""
    return classic_recipe(
        name,
        epochs=30,
        batch_size=32,
        normalisation=normalisation,
        targets=EITHER,
        classes=FERPLUS_LABELS,
        patience=8,
        plateau=3,
        frozen_epochs=5,
        fine_tuning=0.1,
        augmentation=GENTLE,
    )


DEFAULT = Recipe(
    name="default",
    network="resvgg",
    epochs=150,
    cycles=3,
    learning_rate=0.05,
    weight_decay=4e-3,
    average_decay=0.998,
    targets=BOTH,
    label_smoothing=0.1,
    recall=0.7,
    augmentation=Augmentation(worsen=0.2),
)
"""Recipe of ``ferplus-resvgg`` and ``fer2013-resvgg``: heads for FER+ votes and FER2013's labels."""
