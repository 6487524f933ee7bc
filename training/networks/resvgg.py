"""This project's network: a VGG with residual shortcuts, squeeze-and-excitation and learned weights per position.

Faces are aligned, so eyes, nose and mouth are at the same positions of the last maps: a depthwise convolution as large
as
the map learns where each feature matters, which global pooling would lose (S. Chen et al., MobileFaceNets, CCBR 2018,
arXiv:1804.07573).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from training.networks.evolved import Genome, build_evolved
from training.networks.spec import NetworkSpec
from training.recipes import DEFAULT

STEM = 32
"""Filters of the only convolution at full resolution, where maps take longest to read and write."""

STAGES = (64, 128, 320)
"""Filters of the stages. Each begins with pooling and has three convolutions."""


def build_resvgg(
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    width: float = 1.0,
    excited: bool = True,
    by_place: bool = True,
    name: str = "resvgg",
) -> Any:
    """Build the network; its layers are those of :func:`training.networks.evolved.build_evolved`.

    Args:
        input_shape: Height, width, channels.
        classes: Number of outputs.
        width: Factor on the number of filters.
        excited: Use squeeze-and-excitation.
        by_place: Learn weights per position; otherwise use global pooling.
        name: Name of the network.
    """
    widths = tuple(round(width * filters) for filters in STAGES)
    genome = Genome(round(width * STEM), widths, (3, 3, 3), (3, 3, 3), excited, by_place)
    return build_evolved(input_shape, classes, genome=genome, dropout=0.4, name=name)


def _spec(name: str, title: str, **options: Any) -> NetworkSpec:
    return NetworkSpec(
        name, title, partial(build_resvgg, name=name, **options), replace(DEFAULT, name=name, network=name)
    )


RESVGG = _spec("resvgg", "Residual VGG, spatial attention")
RESVGG_HALF = _spec("resvgg-half", "Residual VGG, half the filters", width=0.5)
RESVGG_HALF_POOLED = _spec("resvgg-half-pooled", "The half one with global pooling", width=0.5, by_place=False)
RESVGG_HALF_PLAIN = _spec("resvgg-half-plain", "The half one without squeeze-and-excitation", width=0.5, excited=False)
