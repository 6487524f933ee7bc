"""Times training steps of two networks, and how much oneDNN, bfloat16 and fused batch norms save."""

from __future__ import annotations

import statistics
from typing import NamedTuple

from bench.common.process import run_module


class _Variant(NamedTuple):
    """What one process trains, and how.

    Attributes:
        recipe: Name of the recipe.
        options: Options of :mod:`bench.training.child`.
        onednn: Whether TensorFlow may use oneDNN.
    """

    recipe: str
    options: tuple[str, ...] = ()
    onednn: bool = True


_VARIANTS = {
    "ResVGG, without oneDNN": _Variant("default", onednn=False),
    "ResVGG, with oneDNN": _Variant("default"),
    "ResVGG, and convolutions in bfloat16": _Variant("default", ("bfloat16",)),
    "ResVGG, and batch norms in one kernel": _Variant("default", ("bfloat16", "fused")),
    "MobileNet, without oneDNN": _Variant("everyface", onednn=False),
    "MobileNet, with oneDNN": _Variant("everyface"),
    "MobileNet, and batch norms in one kernel": _Variant("everyface", ("fused",)),
}
"""Variants by label. The others of a recipe are compared with its first one."""
_ROUNDS = 2


def measure_training_step() -> dict[str, dict[str, float]]:
    """Return for each variant the median time of a step, ``ms``, and its ``share`` of its recipe's first variant.

    Each variant runs in its own process, because its options cannot be turned off again. The variants alternate,
    because the machine's speed drifts.
    """
    times: dict[str, list[float]] = {name: [] for name in _VARIANTS}
    for _ in range(_ROUNDS):
        for name, variant in _VARIANTS.items():
            onednn = {"TF_ENABLE_ONEDNN_OPTS": str(int(variant.onednn))}
            times[name] += run_module("bench.training.child", variant.recipe, *variant.options, variables=onednn)
    found: dict[str, dict[str, float]] = {}
    first: dict[str, float] = {}
    for name, variant in _VARIANTS.items():
        ms = statistics.median(times[name])
        found[name] = {"ms": round(ms, 1), "share": round(ms / first.setdefault(variant.recipe, ms), 3)}
    return found
