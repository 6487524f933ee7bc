"""Measures how long one model takes for one face on one thread.

``python -m bench.avx2.one_face NAME …`` prints a JSON object: model → ms, the fastest of many calls.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from emotion.models.registry import checked_model_file, load_card
from emotion.vision.litert import LiteRTModel

_CALLS = 500


def fastest_ms(name: str) -> float:
    """Return the shortest time of a call, ms; other load on the machine makes some calls longer."""
    model = LiteRTModel(checked_model_file(load_card(name)))
    face = np.zeros(model.input_shape, np.float32)
    times = []
    for _ in range(_CALLS):
        started = time.perf_counter()
        model(face)
        times.append(time.perf_counter() - started)
    return min(times) * 1000


if __name__ == "__main__":
    print(json.dumps({name: fastest_ms(name) for name in sys.argv[1:]}))
