"""Answers calls of :mod:`emotion.sandbox.runner`, in the process that it starts.

The process is isolated before anything else (:mod:`emotion.sandbox.isolation`). It limits its memory and works in an
empty folder, which it deletes when its caller exits.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from emotion.errors import EmotionError
from emotion.sandbox.rlimits import kill_after, limit_this_process
from emotion.settings import PREFIX
from emotion.types import Progress

_IN_FORCE: list[str] = []


def isolation_in_force() -> list[str]:
    """Return what isolates this process; see :func:`emotion.sandbox.isolation.isolate`."""
    return list(_IN_FORCE)


def main(in_force: list[str]) -> None:
    """Answer calls until the calling program ends.

    Args:
        in_force: What isolates this process.
    """
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Libraries may print to stdout, which is for answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    folder = Path.cwd()
    _IN_FORCE.extend(in_force)
    limit_this_process()
    try:
        with contextlib.suppress(EOFError, BrokenPipeError):
            while True:
                _answer_next(replies)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answer_next(replies: IO[bytes]) -> None:
    settings, stall_s, function, arguments, reports, strict = pickle.load(sys.stdin.buffer)
    for name in {name for name in os.environ if name.startswith(PREFIX)} - set(settings):
        del os.environ[name]
    os.environ.update(settings)
    if strict is not None:
        strict.apply()
    # The caller kills a process that stalls; the alarm is for when the caller itself has gone.
    with kill_after(2 * stall_s) as rearm:
        answer = _answer_to(function, arguments, {"on_step": _ProgressWriter(replies, rearm)} if reports else {})
    array = answer.pop("array", None)
    if array is not None:
        answer["shape"] = array.shape
    _write_line(replies, answer)
    if array is not None:
        replies.write(array)
    replies.flush()


def _write_line(replies: IO[bytes], answer: dict[str, Any]) -> None:
    replies.write(json.dumps(answer).encode() + b"\n")


def _answer_to(function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    try:
        result = function(*arguments, **options)
    except EmotionError as error:
        return {"error": type(error).__name__, "words": str(error)}
    except MemoryError:
        return {"memory": "not enough"}
    except Exception as error:
        with contextlib.suppress(OSError):  # strict limits forbid writing, and stderr may be a file
            traceback.print_exc()
        reason = error.strerror if isinstance(error, OSError) else None
        return {"bug": reason or type(error).__name__}
    return {"array": result} if isinstance(result, memoryview) else {"result": result}


class _ProgressWriter:
    """Reports progress, at most ten times a second."""

    _BETWEEN_S = 0.1

    def __init__(self, replies: IO[bytes], rearm: Callable[[], None]) -> None:
        self._replies, self._told, self._rearm = replies, float("-inf"), rearm

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() - self._told < self._BETWEEN_S and progress.done < progress.total:
            return
        self._told = time.monotonic()
        self._rearm()
        _write_line(self._replies, {"step": [progress.done, progress.total, progress.elapsed_s]})
        self._replies.flush()
