"""Times training steps of the default network, and how much bfloat16 and fused batch norms save."""

from __future__ import annotations

import statistics

from bench.common.process import run_module

_VARIANTS = {
    "as Keras computes it": (),
    "convolutions in bfloat16": ("bfloat16",),
    "and batch norms in one kernel": ("bfloat16", "fused"),
}
"""Label → options of :mod:`bench.training.child`."""
_ROUNDS = 2


def measure_training_step() -> dict[str, dict[str, float]]:
    """Return for each variant the median time of a step, ``ms``, and its ``share`` of the first variant's.

    Each variant runs in its own process, because its options cannot be turned off again. The variants alternate,
    because the machine's speed drifts.
    """
    times: dict[str, list[float]] = {name: [] for name in _VARIANTS}
    for _ in range(_ROUNDS):
        for name, options in _VARIANTS.items():
            times[name] += run_module("bench.training.child", *options)
    medians = {name: statistics.median(each) for name, each in times.items()}
    first = next(iter(medians.values()))
    return {name: {"ms": round(ms, 1), "share": round(ms / first, 3)} for name, ms in medians.items()}
