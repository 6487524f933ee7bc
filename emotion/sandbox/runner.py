"""Runs functions on untrusted files in separate processes with limits on memory and time, without a network.

If a decoder crashes, hangs or uses too much memory, only its process ends, and the caller gets an error that says why.
Idle processes are reused, so a call costs milliseconds; a call with :class:`emotion.sandbox.rlimits.StrictLimits` gets
a fresh process that ends with its answer. The call is sent as a pickle. The answer is JSON, or the bytes of one array,
but never a pickle, because a malicious file may have taken control of the process.

The process gets only the environment variables on an allow-list (:mod:`emotion.sandbox.environment`) and works in an
empty folder. Where the system supports it, it can open no sockets and start no programs
(:mod:`emotion.sandbox.isolation`). It can read the same files as its caller.
``tests/security/test_decoder_isolation.py`` tests each of these.
"""

from __future__ import annotations

import atexit
import copyreg
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from emotion import errors, limits
from emotion.errors import EmotionError, VideoError
from emotion.sandbox.child import UNREADABLE, Child, Subject
from emotion.sandbox.environment import allowed_settings
from emotion.sandbox.rlimits import StrictLimits
from emotion.types import Progress

STALL_TIMEOUT_S = 60.0
"""A call fails after this time without an answer or progress."""
IDLE = max(2, min(4, os.cpu_count() or 1))
"""Idle processes that are kept for the next call."""

VIDEO = Subject(VideoError, "a video whose pictures can be read")


def _frozen(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


# Frozen dataclasses hold such mappings, which pickle cannot handle by itself.
copyreg.pickle(MappingProxyType, lambda mapping: (_frozen, (dict(mapping),)))

_LOCK = threading.Lock()
_WAITING: list[Child] = []


def run_limited(
    function: Callable[..., Any],
    *arguments: object,
    subject: Subject = VIDEO,
    on_step: Callable[[Progress], None] | None = None,
    stall_s: float = STALL_TIMEOUT_S,
    strict: StrictLimits | None = None,
    most_array_bytes: int = 0,
) -> Any:
    """Run a function in a process with limits and return its result.

    Args:
        function: A module-level function whose result consists of JSON types, or is a ``memoryview`` of a uint8 array.
        *arguments: Its arguments, which must be picklable. Paths may be relative to this process's folder.
        subject: The file that it reads.
        on_step: Called with its progress; the function then gets a keyword argument ``on_step``. May raise
            :class:`emotion.errors.Cancelled`, which ends the process.
        stall_s: Time without an answer or progress after which the call fails, s.
        strict: Harder limits; the call then runs in a fresh process that is not reused.
        most_array_bytes: Size of the largest array that is accepted.

    Raises:
        EmotionError: The function raised it.
        VideoError: The process crashed, stalled or took too much memory; the message says which. With another
            ``subject``, its error class.
    """
    child = _take() if strict is None else Child()
    absolute = tuple(each.absolute() if isinstance(each, Path) else each for each in arguments)
    try:
        # A reused process was started with earlier settings.
        call = allowed_settings(), stall_s, function, absolute, on_step is not None, strict
        answer = child.call(call, subject, on_step, stall_s, most_array_bytes)
    except BaseException:
        child.kill()
        raise
    if strict is None and not child.needs_replacement:
        _give_back(child)
    else:
        child.kill()
    return _result(answer, subject)


def _take() -> Child:
    with _LOCK:
        while _WAITING:
            child = _WAITING.pop()
            if child.is_alive() and child.memory_bytes == limits.memory_bytes():
                return child
            child.kill()
    return Child()


def _give_back(child: Child) -> None:
    try:
        child.clear_folder()
    except OSError:  # it has deleted its folder, or made it unreadable
        child.kill()
        return
    with _LOCK:
        if len(_WAITING) < IDLE:
            _WAITING.append(child)
            return
    child.kill()


@atexit.register
def end_idle_processes() -> None:
    """End all idle processes; the next call starts a new one."""
    with _LOCK:
        while _WAITING:
            _WAITING.pop().kill()


def _result(answer: dict[str, Any], subject: Subject) -> Any:
    for key in ("result", "array"):
        if key in answer:
            return answer[key]
    if "memory" in answer:
        raise subject.error(limits.out_of_memory_message(subject.expected))
    if "bug" in answer:
        raise subject.failed(f"this ended with {answer['bug']}")
    if not {"error", "words"} <= answer.keys():
        raise subject.failed(UNREADABLE)
    kind = getattr(errors, str(answer["error"]), subject.error)
    known = isinstance(kind, type) and issubclass(kind, EmotionError)
    raise (kind if known else subject.error)(str(answer["words"]))
