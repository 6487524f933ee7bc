"""Recipes: everything that decides how a model is trained, in one record per model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from emotion.errors import InputError
from training.augment import Augmentation


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train one model.

    Attributes:
        name: Of the recipe, and of its run unless another is given.
        network: Name in ``training.networks.NETWORKS``.
        epochs: Passes over the training split.
        batch_size: Faces per step.
        learning_rate: Peak of the schedule: a linear warm-up, then a cosine down to zero.
        warmup_epochs: Length of the warm-up.
        momentum: Nesterov momentum of the stochastic gradient descent.
        weight_decay: Decoupled, times the learning rate; kernels only.
        average_decay: Per step, of the exponential moving average of all weights.
        normalisation: See ``emotion.vision.normalise``.
        seed: Of initial weights, order and augmentation.
        augmentation: How faces are varied.
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

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self)


RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in (Recipe(name="default", network="vgg"),)}


def find_recipe(name: str) -> Recipe:
    """Return a recipe by name.

    Raises:
        InputError: There is no such recipe.
    """
    if name not in RECIPES:
        raise InputError(f"expected a recipe out of {', '.join(RECIPES)}; got {name!r}")
    return RECIPES[name]
