"""Runs functions on untrusted files in separate processes with limits on memory and time.

If a decoder crashes, hangs or uses too much memory, only its process ends, and the caller gets an error that says why.
Idle processes are reused, so a call costs milliseconds; a call with :class:`emotion.sandbox.rlimits.StrictLimits` gets
a fresh process that ends with its answer. The call is sent as a pickle. The answer is only ever JSON, as a file may
have taken over the process.
"""

from __future__ import annotations

import atexit
import contextlib
import copyreg
import json
import os
import pickle
import selectors
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from emotion import errors, limits
from emotion.errors import EmotionError, VideoError
from emotion.paths import ROOT
from emotion.sandbox.rlimits import StrictLimits, alarm_of, death_words, limit_this_process, small_numerics
from emotion.settings import PREFIX
from emotion.types import Progress

STALL_TIMEOUT_S = 60.0
"""A call is given up after this time without an answer or progress."""
_IDLE = 2
"""Idle processes that are kept for the next call."""
_CALLS = 200
"""Calls after which a process is replaced, as leaks add up."""
_LONGEST_ANSWER = 256 << 20
"""Bytes of one line of JSON; figures, pictures and timelines stay far below."""
_UNREADABLE = "its answer cannot be read"


@dataclass(frozen=True, slots=True)
class Subject:
    """The file that a function reads, for the error message if its process fails.

    Attributes:
        error: Class of the error.
        expected: What the file should have been.
        reader: What reads it, as a noun phrase.
    """

    error: type[EmotionError]
    expected: str
    reader: str = "its decoder"

    def failed(self, how: str) -> EmotionError:
        """Return the error for a process that failed in this way, given as a clause."""
        return self.error(f"expected {self.expected}; {how}")


VIDEO = Subject(VideoError, "a video whose pictures can be read")


def _frozen(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


# Frozen dataclasses hold such mappings, which pickle cannot handle by itself.
copyreg.pickle(MappingProxyType, lambda mapping: (_frozen, (dict(mapping),)))

_LOCK = threading.Lock()
_WAITING: list[_Child] = []


def run_limited(
    function: Callable[..., Any],
    *arguments: object,
    subject: Subject = VIDEO,
    on_step: Callable[[Progress], None] | None = None,
    stall_s: float = STALL_TIMEOUT_S,
    strict: StrictLimits | None = None,
) -> Any:
    """Run a function in a process with limits and return its result.

    Args:
        function: A module-level function whose result consists of JSON types.
        *arguments: Its arguments, which must be picklable.
        subject: The file that it reads.
        on_step: Called with its progress; the function then gets a keyword argument ``on_step``. May raise
            :class:`emotion.errors.Cancelled`, which ends the process.
        stall_s: Time without an answer or progress after which the call is given up, s.
        strict: Harder limits; the call then runs in a fresh process that is not reused.

    Raises:
        EmotionError: The function raised it.
        VideoError: The process crashed, stalled or took too much memory; the message says which. With another
            ``subject``, its error class.
    """
    child = _take() if strict is None else _Child()
    # A reused process was started with earlier settings.
    said = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    try:
        call = said, stall_s, function, arguments, on_step is not None, strict
        answer = child.call(call, subject, on_step, stall_s)
    except BaseException:
        child.kill()
        raise
    if strict is None and not child.is_worn:
        _give_back(child)
    else:
        child.kill()
    return _result(answer, subject)


class _Child:
    """A process that answers one call after the other."""

    def __init__(self) -> None:
        self.memory_bytes = limits.memory_bytes()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "emotion.sandbox.runner"],
            cwd=ROOT, env=small_numerics(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self._calls, self._read = 0, b""

    @property
    def is_worn(self) -> bool:
        """Whether it should be replaced."""
        return self._calls >= _CALLS

    def is_alive(self) -> bool:
        """Return whether it can take a call."""
        return self._process.poll() is None

    def call(
        self, call: Any, subject: Subject, on_step: Callable[[Progress], None] | None, stall_s: float
    ) -> dict[str, Any]:
        """Return the answer to one call.

        Raises:
            EmotionError: The process ended or stalled; the class is the subject's.
        """
        self._calls += 1
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            pickle.dump(call, self._process.stdin)
            self._process.stdin.flush()
        while True:
            answer = self._answer(subject, stall_s)
            if "step" not in answer:
                return answer
            if on_step is not None:
                on_step(_progress(answer["step"], subject))

    def _answer(self, subject: Subject, stall_s: float) -> dict[str, Any]:
        """Return the next line of JSON."""
        assert self._process.stdout is not None
        until = time.monotonic() + stall_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._read:
                if not selector.select(max(until - time.monotonic(), 0)):
                    raise subject.failed(f"it gave no answer within {stall_s:g} s")
                block = os.read(self._process.stdout.fileno(), 1 << 20)
                if not block:
                    raise subject.failed(death_words(self._process.wait(), subject.reader))
                self._read += block
                if len(self._read) > _LONGEST_ANSWER:
                    raise subject.failed("its answer is too long")
        line, self._read = self._read.split(b"\n", 1)
        try:
            return dict(json.loads(line))
        except (ValueError, TypeError) as error:
            raise subject.failed(_UNREADABLE) from error

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.communicate()


def _take() -> _Child:
    with _LOCK:
        while _WAITING:
            child = _WAITING.pop()
            if child.is_alive() and child.memory_bytes == limits.memory_bytes():
                return child
            child.kill()
    return _Child()


def _give_back(child: _Child) -> None:
    with _LOCK:
        if len(_WAITING) < _IDLE:
            _WAITING.append(child)
            return
    child.kill()


@atexit.register
def end_waiting() -> None:
    """End all idle processes; the next call starts a new one."""
    with _LOCK:
        while _WAITING:
            _WAITING.pop().kill()


def _progress(step: Any, subject: Subject) -> Progress:
    try:
        done, total, elapsed_s = step
        return Progress(int(done), int(total), float(elapsed_s))
    except (ValueError, TypeError) as error:
        raise subject.failed(_UNREADABLE) from error


def _result(answer: dict[str, Any], subject: Subject) -> Any:
    if "result" in answer:
        return answer["result"]
    if "memory" in answer:
        raise subject.error(limits.no_memory_words(subject.expected))
    if "bug" in answer:
        raise subject.failed(f"this ended with {answer['bug']}")
    if not {"error", "words"} <= answer.keys():
        raise subject.failed(_UNREADABLE)
    kind = getattr(errors, str(answer["error"]), subject.error)
    known = isinstance(kind, type) and issubclass(kind, EmotionError)
    raise (kind if known else subject.error)(str(answer["words"]))


def _serve() -> None:
    """Answer calls until the calling program has ended."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # Libraries may print to stdout, which is for answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    limit_this_process()
    while True:
        try:
            said, stall_s, function, arguments, tells, strict = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        for name in {name for name in os.environ if name.startswith(PREFIX)} - set(said):
            del os.environ[name]
        os.environ.update(said)
        if strict is not None:
            strict.apply()
        # The caller kills a process that stalls; the alarm is for when the caller itself has gone.
        with alarm_of(2 * stall_s) as rearm:
            answer = _answer_to(function, arguments, {"on_step": _ProgressWriter(replies, rearm)} if tells else {})
        replies.write(json.dumps(answer) + "\n")
        replies.flush()


def _answer_to(function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": function(*arguments, **options)}
    except EmotionError as error:
        return {"error": type(error).__name__, "words": str(error)}
    except MemoryError:
        return {"memory": "not enough"}
    except Exception as error:
        with contextlib.suppress(OSError):  # strict limits forbid writing, and stderr may be a file
            traceback.print_exc()
        reason = error.strerror if isinstance(error, OSError) else None
        return {"bug": reason or type(error).__name__}


class _ProgressWriter:
    """Reports progress, at most ten times a second."""

    _BETWEEN_S = 0.1

    def __init__(self, replies: Any, rearm: Callable[[], None]) -> None:
        self._replies, self._told, self._rearm = replies, float("-inf"), rearm

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() - self._told < self._BETWEEN_S and progress.done < progress.total:
            return
        self._told = time.monotonic()
        self._rearm()
        self._replies.write(json.dumps({"step": [progress.done, progress.total, progress.elapsed_s]}) + "\n")
        self._replies.flush()


if __name__ == "__main__":
    _serve()
