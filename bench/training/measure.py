"""What a step of training the default network takes, and what two ways of computing it spare."""

from __future__ import annotations

import statistics

from bench.common.process import run_module

_WAYS = {
    "as Keras computes it": (),
    "convolutions in bfloat16": ("bfloat16",),
    "and batch norms in one kernel": ("bfloat16", "fused"),
}
"""For people → options of :mod:`bench.training.child`."""

_ROUNDS = 2


def measure_training_step() -> dict[str, dict[str, float]]:
    """Return for each way the median ``ms`` of a step, and ``share``: of the first one's.

    Each is measured in processes of its own, as what one turns on it cannot turn off, and by turns, as
    machines have better and worse minutes.
    """
    times: dict[str, list[float]] = {way: [] for way in _WAYS}
    for _ in range(_ROUNDS):
        for way, options in _WAYS.items():
            times[way] += run_module("bench.training.child", *options)
    medians = {way: statistics.median(of) for way, of in times.items()}
    first = next(iter(medians.values()))
    return {way: {"ms": round(ms, 1), "share": round(ms / first, 3)} for way, ms in medians.items()}
