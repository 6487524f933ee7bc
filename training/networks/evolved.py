"""Networks of ``resvgg``'s family for the architecture search; the name of a network encodes its genome.

Each has a stem at full size, three stages that start with 2×2 pooling, and an output layer. Widths, depths, kernels,
squeeze-and-excitation and weights per position vary; the input size is in the recipe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras

from emotion.errors import ModelError
from training.networks.layers import excite, logits, normed
from training.networks.spec import NetworkSpec
from training.recipes import DEFAULT

PREFIX = "evolved"
STAGES = 3

_NAME = re.compile(
    rf"{PREFIX}-s(?P<stem>\d+)-w(?P<widths>\d+(?:\.\d+)*)-d(?P<depths>\d+(?:\.\d+)*)-k(?P<kernels>\d+(?:\.\d+)*)"
    r"-a(?P<excited>[01])-p(?P<by_place>[01])"
)


@dataclass(frozen=True, slots=True)
class Genome:
    """The parameters of one network of the family.

    Attributes:
        stem: Filters of the convolution at full size.
        widths: Filters of each stage.
        depths: Convolutions of each stage; all after the first are residual.
        kernels: Kernel size of each stage's convolutions, px.
        excited: Whether stages have squeeze-and-excitation (Hu et al. 2018).
        by_place: Whether the last maps are weighted by position instead of averaged.
    """

    stem: int
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    kernels: tuple[int, ...]
    excited: bool
    by_place: bool

    @property
    def name(self) -> str:
        """The network's name, which :func:`genome_of` parses."""
        widths, depths, kernels = (".".join(map(str, genes)) for genes in (self.widths, self.depths, self.kernels))
        return f"{PREFIX}-s{self.stem}-w{widths}-d{depths}-k{kernels}-a{self.excited:d}-p{self.by_place:d}"


def is_evolved(name: str) -> bool:
    """Return whether a name encodes a genome."""
    return _NAME.fullmatch(name) is not None


def genome_of(name: str) -> Genome:
    """Return the genome that a name encodes.

    Raises:
        ModelError: It encodes none.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise ModelError(f"expected a name like {Genome(16, (32, 64, 128), (2, 2, 2), (3, 3, 3), True, True).name}")
    widths, depths, kernels = (tuple(map(int, match[key].split("."))) for key in ("widths", "depths", "kernels"))
    if {len(widths), len(depths), len(kernels)} != {STAGES}:
        raise ModelError(f"expected {STAGES} widths, depths and kernels in {name!r}")
    return Genome(int(match["stem"]), widths, depths, kernels, match["excited"] == "1", match["by_place"] == "1")


def evolved_spec(name: str) -> NetworkSpec:
    """Return the specification of a genome's network, with the default model's recipe."""
    genome = genome_of(name)
    recipe = replace(DEFAULT, name=name, network=name)
    return NetworkSpec(name, "Found by architecture search", partial(build_evolved, genome=genome), recipe)


def build_evolved(
    input_shape: tuple[int, int, int], classes: int, *, genome: Genome, dropout: float = 0.3, name: str = PREFIX
) -> Any:
    """Build a genome's network.

    Args:
        input_shape: Height, width, channels.
        classes: Number of outputs.
        genome: The architecture.
        dropout: Rate before the output layer.
        name: Name of the network.
    """
    inputs = keras.Input(input_shape, name="face")
    features = keras.layers.ReLU()(normed(inputs, genome.stem, 3))
    for width, depth, kernel in zip(genome.widths, genome.depths, genome.kernels, strict=True):
        features = _stage(keras.layers.MaxPooling2D(2)(features), width, depth, kernel, excited=genome.excited)
    if genome.by_place:
        features = keras.layers.DepthwiseConv2D(features.shape[1], use_bias=False)(features)
        features = keras.layers.Flatten()(keras.layers.BatchNormalization()(features))
    else:
        features = keras.layers.GlobalAveragePooling2D()(features)
    return keras.Model(inputs, logits(keras.layers.Dropout(dropout)(features), classes), name=name)


def _stage(features: Any, width: int, depth: int, kernel: int, *, excited: bool) -> Any:
    kept = keras.layers.ReLU()(normed(features, width, kernel))
    change = kept
    for place in range(1, depth):
        change = normed(change, width, kernel)
        change = change if place == depth - 1 else keras.layers.ReLU()(change)
    change = excite(change) if excited else change
    return keras.layers.ReLU()(keras.layers.Add()([kept, change])) if depth > 1 else change
