"""Processes with limits: a crash, a bomb and an endless loop end as one sentence each, and the next call works."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emotion.errors import Cancelled, TooLargeError, VideoError
from emotion.sandbox.rlimits import StrictLimits
from emotion.sandbox.runner import end_waiting, run_limited
from emotion.types import Progress
from tests import limited_calls


@pytest.fixture(autouse=True)
def none_waits() -> Iterator[None]:
    end_waiting()
    yield
    end_waiting()


def test_it_answers_from_another_process_that_is_used_again_with_the_settings_of_now(monkeypatch):
    monkeypatch.setenv("EMOTION_STALL_S", "101")
    process, setting = run_limited(limited_calls.process_and_setting, "EMOTION_STALL_S")
    assert process != os.getpid()
    assert setting == "101"
    monkeypatch.setenv("EMOTION_STALL_S", "102")
    assert run_limited(limited_calls.process_and_setting, "EMOTION_STALL_S") == [process, "102"]
    monkeypatch.delenv("EMOTION_STALL_S")
    assert run_limited(limited_calls.process_and_setting, "EMOTION_STALL_S") == [process, ""]


def test_a_crash_takes_down_one_call_alone():
    with pytest.raises(VideoError, match=r"its decoder crashed \(SIGSEGV\)"):
        run_limited(limited_calls.crash)
    assert run_limited(limited_calls.add, 2, 3) == 5


def test_memory_is_limited_and_the_setting_is_named_in_the_message(monkeypatch):
    monkeypatch.setenv("EMOTION_MEMORY_MB", "600")
    assert run_limited(limited_calls.take_memory, 20) == 1
    with pytest.raises(VideoError, match="within 600 MB of memory"):
        run_limited(limited_calls.take_memory, 900)
    monkeypatch.setenv("EMOTION_MEMORY_MB", "3000")
    assert run_limited(limited_calls.take_memory, 900) == 1


def test_what_never_ends_is_ended():
    began = time.monotonic()
    with pytest.raises(VideoError, match="it gave no answer within 3 s"):
        run_limited(limited_calls.never_end, stall_s=3)
    assert time.monotonic() - began < 60
    assert run_limited(limited_calls.add, 2, 3) == 5


def test_progress_comes_and_keeps_a_long_call_alive():
    told: list[Progress] = []
    assert run_limited(limited_calls.count, 100, on_step=told.append, stall_s=60) == 100
    assert told[-1] == Progress(100, 100, 1.0)
    assert [each.done for each in told] == sorted({each.done for each in told})


def test_whoever_listens_may_stop_it():
    def stop(progress: Progress) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        run_limited(limited_calls.count, 10_000, on_step=stop)


def test_errors_come_back_as_they_were():
    with pytest.raises(TooLargeError, match="expected less; got more"):
        run_limited(limited_calls.refuse)
    with pytest.raises(VideoError, match="ended with ZeroDivisionError"):
        run_limited(limited_calls.go_wrong)


def test_what_a_library_prints_is_no_answer():
    assert run_limited(limited_calls.print_and_answer) == "the answer"


def test_a_strict_call_has_a_fresh_process_that_writes_nothing(tmp_path: Path) -> None:
    process = run_limited(limited_calls.write, tmp_path / "file")
    with pytest.raises(VideoError, match="File too large"):
        run_limited(limited_calls.write, tmp_path / "other", strict=StrictLimits(20, 4 << 30))
    first, second = (
        run_limited(limited_calls.process_and_setting, "EMOTION_STALL_S", strict=StrictLimits(20, 4 << 30))[0]
        for _ in range(2)
    )
    assert len({process, first, second}) == 3


def test_an_answer_that_is_not_json_is_refused() -> None:
    with pytest.raises(VideoError, match="its answer cannot be read"):
        run_limited(limited_calls.print_no_json)
