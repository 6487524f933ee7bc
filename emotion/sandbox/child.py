"""The caller's side of a process that reads untrusted files: starts it, sends calls, receives answers, ends it."""

from __future__ import annotations

import contextlib
import json
import math
import os
import pickle
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion import limits
from emotion.errors import EmotionError
from emotion.sandbox import isolation
from emotion.sandbox.environment import environment_in
from emotion.sandbox.rlimits import describe_exit
from emotion.types import Progress

UNREADABLE = "its answer cannot be read"
# Run by path: importing it by name would import the package, whose libraries start threads before the isolation.
_PROGRAM = """
import runpy, sys
in_force = runpy.run_path(sys.argv[1])["isolate"]()
from emotion.sandbox.serve import main
main(in_force)
"""
_FOLDER_PREFIX = "emotion-decoder-"
_MOST_CALLS = 1_000
"""Calls after which a process is replaced, as leaks add up."""
_LONGEST_LINE = 256 << 20
"""Maximum length of an answer in JSON, bytes; real answers are far shorter."""
_BLOCK = 1 << 20
_MOST_AXES = 3


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


class Child:
    """A process with its own empty folder that answers one call at a time."""

    def __init__(self) -> None:
        self.memory_bytes = limits.memory_bytes()
        self._folder = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, isolation.__file__],
                cwd=self._folder,
                env=environment_in(self._folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError:
            self._folder.rmdir()
            raise
        assert self._process.stdin is not None and self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        for pipe in (self._to, self._from):
            _enlarge(pipe)
        self._calls, self._read = 0, b""

    @property
    def needs_replacement(self) -> bool:
        """Whether the process has answered so many calls that it should be replaced."""
        return self._calls >= _MOST_CALLS

    def is_alive(self) -> bool:
        """Return whether it can take a call."""
        return self._process.poll() is None

    def call(
        self,
        call: Any,
        subject: Subject,
        on_step: Callable[[Progress], None] | None,
        stall_s: float,
        most_array_bytes: int,
    ) -> dict[str, Any]:
        """Return the answer to one call, an array's bytes under the key ``array``.

        Raises:
            EmotionError: The process ended or stalled; the class is the subject's.
        """
        self._calls += 1
        with contextlib.suppress(BrokenPipeError):
            pickle.dump(call, _Writer(self._to, subject, stall_s))
        while True:
            answer = self._line(subject, stall_s)
            if "shape" in answer:
                return {"array": self._array(answer["shape"], most_array_bytes, subject, stall_s)}
            if "step" not in answer:
                return answer
            if on_step is not None:
                on_step(_progress(answer["step"], subject))

    def _line(self, subject: Subject, stall_s: float) -> dict[str, Any]:
        """Return the next line of JSON."""
        until, searched = time.monotonic() + stall_s, 0
        while (end := self._read.find(b"\n", searched)) < 0:
            searched = len(self._read)
            self._wait(subject, until, stall_s)
            block = os.read(self._from, _BLOCK)
            if not block:
                raise self._ended(subject)
            self._read += block
            if len(self._read) > _LONGEST_LINE:
                raise subject.failed("its answer is too long")
        line, self._read = self._read[:end], self._read[end + 1 :]
        try:
            return dict(json.loads(line))
        except (ValueError, TypeError) as error:
            raise subject.failed(UNREADABLE) from error

    def _array(self, shape: Any, most_bytes: int, subject: Subject, stall_s: float) -> memoryview:
        """Read the array that follows a line straight into its final memory, without a second copy."""
        if not _is_shape(shape) or math.prod(shape) > most_bytes:
            raise subject.failed(UNREADABLE)
        values = memoryview(bytearray(math.prod(shape)))
        done = min(len(self._read), len(values))
        values[:done], self._read = self._read[:done], self._read[done:]
        while done < len(values):
            self._wait(subject, time.monotonic() + stall_s, stall_s)
            count = os.readv(self._from, [values[done : done + _BLOCK]])
            if not count:
                raise self._ended(subject)
            done += count
        return values.cast("B", tuple(shape))

    def _wait(self, subject: Subject, until: float, stall_s: float) -> None:
        if not _is_ready(self._from, selectors.EVENT_READ, until):
            raise subject.failed(f"it gave no answer within {stall_s:g} s")

    def _ended(self, subject: Subject) -> EmotionError:
        return subject.failed(describe_exit(self._process.wait(), subject.reader))

    def clear_folder(self) -> None:
        """Delete what the last call left in its folder."""
        for path in self._folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def kill(self) -> None:
        """End the process, whatever it is doing, and delete its folder."""
        self._process.kill()
        self._process.communicate()
        shutil.rmtree(self._folder, ignore_errors=True)


class _Writer:
    """Writes to a process that may have stopped reading."""

    def __init__(self, file: int, subject: Subject, stall_s: float) -> None:
        self._file, self._subject, self._stall_s = file, subject, stall_s

    def write(self, data: Any) -> int:
        """Write all of ``data``.

        Raises:
            EmotionError: The process does not read.
        """
        left = memoryview(data).cast("B")
        while left:
            if not _is_ready(self._file, selectors.EVENT_WRITE, time.monotonic() + self._stall_s):
                raise self._subject.failed(f"it gave no answer within {self._stall_s:g} s")
            left = left[os.write(self._file, left[:_BLOCK]) :]
        return len(data)


def _enlarge(pipe: int) -> None:
    """Enlarge a pipe's buffer to a megabyte, so that pictures need few reads; Linux only."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415 – only Unix has it

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _BLOCK)


def _is_ready(file: int, event: int, until: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(file, event)
        return bool(selector.select(max(until - time.monotonic(), 0)))


def _is_shape(shape: Any) -> bool:
    is_list = isinstance(shape, list) and 1 <= len(shape) <= _MOST_AXES
    return is_list and all(type(side) is int and side > 0 for side in shape)


def _progress(step: Any, subject: Subject) -> Progress:
    try:
        done, total, elapsed_s = step
        return Progress(int(done), int(total), float(elapsed_s))
    except (ValueError, TypeError) as error:
        raise subject.failed(UNREADABLE) from error
