"""The specification of a network: how to build, train and run it."""

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
"""Name of the last layer of a network's pretrained part."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """The specification of one network.

    Attributes:
        name: Name for ``--model``.
        title: Name for people.
        build: Builds the untrained network.
        recipe: Its default recipe.
        input_size: Side of the square input, px.
        colour: ``"grey"`` or ``"rgb"``; other pictures are converted.
        pretrained: Whether ImageNet weights can be loaded into its part up to the layer :data:`PRETRAINED_END`.
        bfloat16: Whether it trains faster in bfloat16 on processors that support it.
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
        """Return height, width and channels of the input, optionally of another ``size`` (px)."""
        side = size or self.input_size
        return (side, side, 1 if self.colour == GREY else 3)

    def form(self, recipe: Recipe) -> InputForm:
        """Return the form of the network's input under a recipe."""
        return InputForm(recipe.input_size or self.input_size, self.colour, recipe.normalisation)
