"""Detection of memory growth: known answers, and samples of this process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence

import pytest

from tests.stress.torture.samples import Sampler, flatness, sample


def run_of(figure: str, values: Sequence[float]) -> list[dict[str, float]]:
    return [{figure: value, "at_s": float(number)} for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("figure", "values", "flat"),
    [
        ("rss_mb", [100, 300, 310, 305, 310, 305, 310, 320], True),
        ("rss_mb", [100, 200, 300, 310, 330, 340, 350, 360], False),
        ("threads", [5, 40, 20, 41, 19, 45, 22, 40], True),
        ("threads", [5, 20, 20, 24, 28, 32, 36, 40], False),
        ("files", [1, 2, 2, 3, 3, 4, 5, 5], True),
        ("children", [0, 0, 0, 0, 1, 1, 3, 4], True),
        ("connections", [0, 0, 0, 0, 4, 4, 4, 4], False),
    ],
)
def test_a_rising_series_is_not_flat(figure: str, values: list[float], flat: bool) -> None:
    (found,) = flatness(run_of(figure, values)).values()
    assert found["flat"] is flat
    assert found["most"] == max(values)


def test_a_short_run_gives_no_verdict() -> None:
    with pytest.raises(ValueError, match="expected 8 samples or more; got 7"):
        flatness(run_of("files", [1] * 7))


def test_a_process_is_measured() -> None:
    before = sample(os.getpid())
    assert before["rss_mb"] >= before["pss_mb"] > 10
    over, child = threading.Event(), subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        after = sample(os.getpid())
    finally:
        over.set()
        thread.join()
        child.communicate()
    assert after["children"] == before["children"] + 1
    assert after["threads"] == before["threads"] + 1
    assert after["files"] == before["files"] + 1, "the pipe to the child"


def test_samples_cover_the_whole_block() -> None:
    enough = threading.Event()

    def connections() -> int:
        if len(sampler.samples) >= 3:
            enough.set()
        return 7

    with Sampler(os.getpid(), connections, 0.01) as sampler:
        assert enough.wait(60)
    assert {one["connections"] for one in sampler.samples} == {7}
    assert [one["at_s"] for one in sampler.samples] == sorted(one["at_s"] for one in sampler.samples)
