"""The sandbox: crashes, memory bombs and endless loops become errors, and the next call works."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emotion.errors import Cancelled, TooLargeError, VideoError
from emotion.sandbox.rlimits import StrictLimits
from emotion.sandbox.runner import end_idle_processes, run_limited
from emotion.types import Progress
from tests import limited_calls


@pytest.fixture(autouse=True)
def none_waits() -> Iterator[None]:
    end_idle_processes()
    yield
    end_idle_processes()


@pytest.mark.slow
def test_a_process_is_reused_with_current_settings(monkeypatch):
    monkeypatch.setenv("EMOTION_STALL_S", "101")
    process, setting = run_limited(limited_calls.process_and_setting, "EMOTION_STALL_S")
    assert process != os.getpid()
    assert setting == "101"
    monkeypatch.setenv("EMOTION_STALL_S", "102")
    assert run_limited(limited_calls.process_and_setting, "EMOTION_STALL_S") == [process, "102"]
    monkeypatch.delenv("EMOTION_STALL_S")
    assert run_limited(limited_calls.process_and_setting, "EMOTION_STALL_S") == [process, ""]


@pytest.mark.slow
def test_a_crash_fails_only_its_own_call():
    with pytest.raises(VideoError, match=r"its decoder crashed \(SIGSEGV\)"):
        run_limited(limited_calls.crash)
    assert run_limited(limited_calls.add, 2, 3) == 5


@pytest.mark.slow
def test_memory_limit_error_names_the_setting(monkeypatch):
    monkeypatch.setenv("EMOTION_MEMORY_MB", "600")
    assert run_limited(limited_calls.take_memory, 20) == 1
    with pytest.raises(VideoError, match="within 600 MB of memory"):
        run_limited(limited_calls.take_memory, 900)
    monkeypatch.setenv("EMOTION_MEMORY_MB", "3000")
    assert run_limited(limited_calls.take_memory, 900) == 1


@pytest.mark.slow
def test_a_hanging_call_is_stopped():
    began = time.monotonic()
    with pytest.raises(VideoError, match="it gave no answer within 3 s"):
        run_limited(limited_calls.never_end, stall_s=3)
    assert time.monotonic() - began < 60
    assert run_limited(limited_calls.add, 2, 3) == 5


@pytest.mark.slow
def test_progress_is_reported_and_extends_the_timeout():
    steps: list[Progress] = []
    assert run_limited(limited_calls.count, 100, on_step=steps.append, stall_s=60) == 100
    assert steps[-1] == Progress(100, 100, 1.0)
    assert [each.done for each in steps] == sorted({each.done for each in steps})


@pytest.mark.slow
def test_the_progress_callback_can_cancel():
    def stop(progress: Progress) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        run_limited(limited_calls.count, 10_000, on_step=stop)


def test_errors_keep_their_type_and_message():
    with pytest.raises(TooLargeError, match="expected less; got more"):
        run_limited(limited_calls.refuse)
    with pytest.raises(VideoError, match="ended with ZeroDivisionError"):
        run_limited(limited_calls.go_wrong)


def test_printed_output_is_not_taken_for_an_answer():
    assert run_limited(limited_calls.print_and_answer) == "the answer"


@pytest.mark.slow
def test_a_strict_call_gets_a_fresh_process_that_cannot_write(tmp_path: Path) -> None:
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
