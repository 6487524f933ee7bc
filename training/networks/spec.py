"""What a network needs to be trained, exported and run, in one small record per network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emotion.vision.normalise import GREY
from training.data.inputs import InputForm
from training.recipes import Recipe

Builder = Callable[[tuple[int, int, int], int], Any]
"""Takes the input's shape (height, width, channels) and the number of classes; returns an
untrained Keras model whose output is ``(n, classes)`` float32 logits."""

PRETRAINED_END = "pooled"
"""Name of the layer with which the part of a network ends that somebody else's weights may fill."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """One architecture under its name.

    Attributes:
        name: What ``--model`` calls it.
        title: Name for people.
        build: Makes the untrained network.
        recipe: How it is trained unless told otherwise: normalisation, classes, epochs, batch
            size, optimiser, augmentation, patience.
        input_size: Side of the square input, px.
        colour: ``"grey"`` or ``"rgb"``; other pictures are converted.
        pretrained: Whether it has a part, up to the layer :data:`PRETRAINED_END`, for which
            weights learned on ImageNet can be given.
        bfloat16: Whether it trains faster in bfloat16, where the processor computes in it.
    """

    name: str
    title: str
    build: Builder
    recipe: Recipe
    input_size: int = 48
    colour: str = GREY
    pretrained: bool = False
    bfloat16: bool = True

    def input_shape(self, size: int | None = None) -> tuple[int, int, int]:
        """Return height, width and channels of the input, of another ``size`` (px) than usual if given."""
        side = size or self.input_size
        return (side, side, 1 if self.colour == GREY else 3)

    def form(self, recipe: Recipe) -> InputForm:
        """Return what the network wants to be fed under a recipe."""
        return InputForm(recipe.input_size or self.input_size, self.colour, recipe.normalisation)
