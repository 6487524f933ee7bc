"""Times training steps of two networks, and how much oneDNN, bfloat16 and fused batch norms save."""

from __future__ import annotations

import statistics

from bench.common.process import run_module

_WITHOUT_ONEDNN = {"TF_ENABLE_ONEDNN_OPTS": "0"}
_VARIANTS: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "ResVGG, without oneDNN": ("default", (), _WITHOUT_ONEDNN),
    "ResVGG, with oneDNN": ("default", (), {}),
    "ResVGG, and convolutions in bfloat16": ("default", ("bfloat16",), {}),
    "ResVGG, and batch norms in one kernel": ("default", ("bfloat16", "fused"), {}),
    "MobileNet, without oneDNN": ("everyface", (), _WITHOUT_ONEDNN),
    "MobileNet, with oneDNN": ("everyface", (), {}),
    "MobileNet, and batch norms in one kernel": ("everyface", ("fused",), {}),
}
"""Label → recipe and options of :mod:`bench.training.child`, and environment variables. A recipe's first variant is the
one that its others are compared with."""
_ROUNDS = 2


def measure_training_step() -> dict[str, dict[str, float]]:
    """Return for each variant the median time of a step, ``ms``, and its ``share`` of its recipe's first variant.

    Each variant runs in its own process, because its options cannot be turned off again. The variants alternate,
    because the machine's speed drifts.
    """
    times: dict[str, list[float]] = {name: [] for name in _VARIANTS}
    for _ in range(_ROUNDS):
        for name, (recipe, options, variables) in _VARIANTS.items():
            times[name] += run_module("bench.training.child", recipe, *options, variables=variables)
    medians = {name: statistics.median(each) for name, each in times.items()}
    first: dict[str, float] = {}
    for name, ms in medians.items():
        first.setdefault(_VARIANTS[name][0], ms)
    return {
        name: {"ms": round(ms, 1), "share": round(ms / first[_VARIANTS[name][0]], 3)} for name, ms in medians.items()
    }
