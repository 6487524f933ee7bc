"""The registry of networks by name; a new one needs a file and a line here."""

from __future__ import annotations

from typing import Any

from emotion.errors import ModelError
from training.networks.applications import APPLICATIONS
from training.networks.classic import BASELINE, DEEP, SHALLOW
from training.networks.compact49 import COMPACT49
from training.networks.evolved import evolved_spec, is_evolved
from training.networks.fourconv import FOURCONV
from training.networks.mobilenet_face import MOBILENET_FACE, MOBILENET_FINE, MOBILENET_SLIM
from training.networks.resnet_se import RESNET_SE
from training.networks.resvgg import RESVGG, RESVGG_HALF, RESVGG_HALF_PLAIN, RESVGG_HALF_POOLED
from training.networks.spec import NetworkSpec
from training.networks.vgg import VGG, VGG_HALF

NETWORKS: dict[str, NetworkSpec] = {
    spec.name: spec
    for spec in (
        VGG,
        VGG_HALF,
        RESNET_SE,
        RESVGG,
        RESVGG_HALF,
        RESVGG_HALF_POOLED,
        RESVGG_HALF_PLAIN,
        BASELINE,
        SHALLOW,
        DEEP,
        COMPACT49,
        FOURCONV,
        MOBILENET_FACE,
        MOBILENET_FINE,
        MOBILENET_SLIM,
        *APPLICATIONS,
    )
}


def find_network(name: str) -> NetworkSpec:
    """Return the specification of a network; names from the architecture search are parsed as genomes.

    Raises:
        ModelError: There is no such network.
    """
    if is_evolved(name):
        return evolved_spec(name)
    if name not in NETWORKS:
        raise ModelError(f"expected a network from {', '.join(NETWORKS)}; got {name!r}")
    return NETWORKS[name]


def build_network(name: str, classes: int, input_size: int | None = None) -> Any:
    """Build an untrained network by name.

    Args:
        name: Name of the network.
        classes: Number of outputs.
        input_size: Side of the input, px; the network's usual one if None or 0.

    Raises:
        ModelError: There is no such network.
    """
    spec = find_network(name)
    return spec.build(spec.input_shape(input_size), classes)
