"""Runs functions on files that somebody uploaded in processes of their own, with limits of memory and of time.

A decoder that crashes, asks for all memory or never ends takes such a process down, and the program says what
happened. A process that is done waits for the next call, so that a call costs milliseconds; it ends with the program.
Towards it goes a pickled call; back come lines of JSON alone, as whoever has taken over a decoder must not get further.
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
from emotion.sandbox.rlimits import alarm_of, death_words, limit_this_process, small_numerics
from emotion.settings import PREFIX
from emotion.types import Progress

STALL_TIMEOUT_S = 60.0
"""A call without progress is over within this time, one with progress has some: opening, or the next picture."""
_IDLE = 2
"""So many processes wait for calls."""
_CALLS = 200
"""After so many a process is replaced, whatever it may have gathered."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a function looks into, for the message when its process fails.

    Attributes:
        error: Which error this is.
        expected: What somebody should have brought.
    """

    error: type[EmotionError]
    expected: str

    def failed(self, how: str) -> EmotionError:
        """Return the error, with a clause that says how its process failed."""
        return self.error(f"expected {self.expected}; {how}")


VIDEO = Subject(VideoError, "a video whose pictures can be read")


def _frozen(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


# Values that may not be changed hold such mappings; pickle has no way of its own for them.
copyreg.pickle(MappingProxyType, lambda mapping: (_frozen, (dict(mapping),)))

_LOCK = threading.Lock()
_WAITING: list[_Child] = []


def run_limited(
    function: Callable[..., Any],
    *arguments: object,
    subject: Subject = VIDEO,
    on_step: Callable[[Progress], None] | None = None,
    stall_s: float = STALL_TIMEOUT_S,
) -> Any:
    """Return what a function returns that is run in a limited process.

    Args:
        function: At the top of a module; what it returns is of JSON's types.
        *arguments: Of any kind that can be pickled.
        subject: What it looks into.
        on_step: Told of its progress: the function then gets one more argument, ``on_step``, by name. May raise
            :class:`emotion.errors.Cancelled`, which ends the process.
        stall_s: Seconds without progress after which it is given up.

    Raises:
        EmotionError: What the function raised.
        VideoError: Its process crashed, or it stalled, or took too much memory; the sentence says which. Of another
            ``subject``, the error is its own.
    """
    child = _take()
    # A process that waits since earlier has the settings of that time.
    said = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    try:
        answer = child.call((said, stall_s, function, arguments, on_step is not None), subject, on_step, stall_s)
    except BaseException:
        child.kill()
        raise
    if not child.worn:
        _give_back(child)
    else:
        child.kill()
    return _result(answer, subject)


class _Child:
    """One process, and the calls that it answers."""

    def __init__(self) -> None:
        self.memory_bytes = limits.memory_bytes()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "emotion.sandbox.runner"],
            cwd=ROOT, env=small_numerics(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self._calls, self._read = 0, b""

    @property
    def worn(self) -> bool:
        """Whether it has answered enough."""
        return self._calls >= _CALLS

    def is_alive(self) -> bool:
        """Return whether it can take a call."""
        return self._process.poll() is None

    def call(
        self, call: Any, subject: Subject, on_step: Callable[[Progress], None] | None, stall_s: float
    ) -> dict[str, Any]:
        """Return the answer to one call.

        Raises:
            EmotionError: The subject's: the process ended, or said nothing for so long.
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
                on_step(Progress(*answer["step"]))

    def _answer(self, subject: Subject, stall_s: float) -> dict[str, Any]:
        """Return the next line."""
        assert self._process.stdout is not None
        until = time.monotonic() + stall_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._read:
                if not selector.select(max(until - time.monotonic(), 0)):
                    raise subject.failed(f"nothing came for {stall_s:g} s")
                block = os.read(self._process.stdout.fileno(), 1 << 20)
                if not block:
                    raise subject.failed(death_words(self._process.wait()))
                self._read += block
        line, self._read = self._read.split(b"\n", 1)
        return dict(json.loads(line))

    def kill(self) -> None:
        """End it, whatever it does."""
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
    """End the processes that wait; the next call starts another."""
    with _LOCK:
        while _WAITING:
            _WAITING.pop().kill()


def _result(answer: dict[str, Any], subject: Subject) -> Any:
    if "result" in answer:
        return answer["result"]
    if "memory" in answer:
        raise subject.error(limits.no_memory_words(subject.expected))
    if "bug" in answer:
        raise subject.failed(f"this ended with {answer['bug']}")
    kind = getattr(errors, str(answer["error"]), subject.error)
    known = isinstance(kind, type) and issubclass(kind, EmotionError)
    raise (kind if known else subject.error)(str(answer["words"]))


def _serve() -> None:
    """Answer calls until there are none: the program that asks has ended."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # What a library prints is no answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    limit_this_process()
    while True:
        try:
            said, stall_s, function, arguments, tells = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        for name in {name for name in os.environ if name.startswith(PREFIX)} - set(said):
            del os.environ[name]
        os.environ.update(said)
        # The program that called ends this process; if it has ended itself, the alarm does.
        with alarm_of(2 * stall_s) as rearm:
            answer = _answer_to(function, arguments, {"on_step": _Teller(replies, rearm)} if tells else {})
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
        traceback.print_exc()
        reason = error.strerror if isinstance(error, OSError) else None
        return {"bug": reason or type(error).__name__}


class _Teller:
    """Tells the progress, some times a second at most."""

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
