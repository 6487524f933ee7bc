"""Timing a classifier."""

from __future__ import annotations

import time

from emotion.evaluation.timing import median_ms


class Slow:
    labels = ("anger", "neutral")
    calls = 0

    def predict(self, crops):
        self.calls += 1
        # The first call is slower, as with a real interpreter.
        time.sleep(0.2 if self.calls == 1 else 0.005)


def test_the_median_excludes_the_warm_up():
    slow = Slow()
    assert 5 <= median_ms(slow, faces=5, warm_up=1) < 100
    assert slow.calls == 6
