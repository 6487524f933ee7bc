"""Logs that name nobody: ids, numbers and places in the program, as lines of text or of JSON.

The message of an exception may quote what a visitor gave – a file's name, a title – so it never reaches a log: an
exception is told by its class, by what the operating system calls its cause, and by the places in the program that it
went through. The library and the page tell the person concerned the sentence itself.

``EMOTION_LOG_FORMAT`` and ``EMOTION_LOG_LEVEL`` choose form and level.
"""

from __future__ import annotations

import copy
import datetime as dt
import errno
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from pythonjsonlogger.json import JsonFormatter

from emotion.errors import SettingsError
from emotion.masking import masked
from emotion.paths import ROOT
from emotion.settings import read_settings
from emotion.telemetry.counters import ERRORS

OURS = ("emotion", "ui")
"""Loggers that follow ``EMOTION_LOG_LEVEL``; other libraries speak up from warnings on, as some of them tell
visitors' network addresses below that."""

_SILENT = ("uvicorn.access",)
"""Tells the network address of everybody who asks for anything."""
_HEARD = ("uvicorn.error",)
"""Errors of the server itself, which Streamlit and uvicorn together leave without any handler. Below warnings it tells
everybody's network address."""
_PRINTS = "streamlit_console_handler"
"""Streamlit gives its loggers a printer under this name, and once more whenever its settings are read anew."""
_TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_JSON = "%(asctime)s %(levelname)s %(name)s %(message)s %(process)d"
_JSON_NAMES = {"asctime": "time", "levelname": "level", "name": "logger", "process": "pid", "exc_info": "error"}

_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def set_up_logs(stream: TextIO | None = None, **facts: str) -> None:
    """Write all logs of this process in one way; called once, by whatever starts it.

    Args:
        stream: Where to (default: the standard error).
        facts: Told with every line, such as ``analysis="<id>"``; in JSON alone.

    Raises:
        SettingsError: A setting is none of its values.
    """
    settings = read_settings()
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(DiscreetJson(facts) if settings.log_format == "json" else DiscreetText())
    root = logging.getLogger()
    root.handlers[:] = [handler, _Counting()]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(settings.log_level.upper())
    take_over()


def take_over() -> None:
    """Send on to ours what loggers print by themselves, as Streamlit's do. What comes later is taken the next time."""
    for logger in list(logging.Logger.manager.loggerDict.values()):
        # One that neither prints nor sends on was made silent on purpose.
        if (
            isinstance(logger, logging.Logger)
            and logger.handlers
            and (not logger.propagate or hasattr(logger, _PRINTS))
        ):
            logger.handlers.clear()
            logger.propagate = True
    for name in _SILENT:
        logging.getLogger(name).disabled = True
    for name in _HEARD:
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.WARNING)


def told(error: BaseException) -> str:
    """Return an exception without a word of its message: ``LibraryError at emotion/library/mapping.py:71``.

    What is wrong with a setting is said, as it stands in no visitor's hands.
    """
    places = list(_places(error.__traceback__))
    cause = error.__cause__ or error.__context__
    because = f" after {_kind(cause)}" if cause is not None else ""
    return _kind(error) + because + (f" at {places[-1]}" if places else "")


class DiscreetText(logging.Formatter):
    """A line of text, with the way of an exception below it."""

    def __init__(self) -> None:
        super().__init__(_TEXT)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; values that were given as ``extra`` stand at its end."""
        discreet = _discreet(record)
        extra = "".join(f" {name}={value}" for name, value in _extra_of(discreet).items())
        discreet.msg, discreet.args = discreet.getMessage() + extra, None
        return masked(super().format(discreet))

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 – logging's own name
        """Return the way that an exception took."""
        return _way(ei)


class DiscreetJson(JsonFormatter):
    """One JSON object a line: time (UTC), level, logger, message, pid, what was given as ``extra``, and error."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        super().__init__(
            _JSON,
            rename_fields=_JSON_NAMES,
            static_fields=dict(facts),
            reserved_attrs=sorted(_ORDINARY),
            json_ensure_ascii=False,
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return masked(super().format(_discreet(record)))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """Return the moment as ISO 8601 in UTC."""
        del datefmt
        return dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802
        """Return the way that an exception took."""
        return _way(ei)


class _Counting(logging.Handler):
    """Counts exceptions by class where they are logged."""

    def emit(self, record: logging.LogRecord) -> None:
        """Count what a record tells of, from warnings on."""
        if record.levelno >= logging.WARNING and (error := _error_of(record)) is not None:
            ERRORS.labels(type(error).__name__).inc()


def _discreet(record: logging.LogRecord) -> logging.LogRecord:
    """Return a record whose exceptions are told; others' handlers keep the one that they have."""
    discreet = copy.copy(record)
    # What another handler has made of the exception is kept in the record.
    discreet.exc_text = None
    if isinstance(discreet.args, tuple):
        discreet.args = tuple(told(one) if isinstance(one, BaseException) else one for one in discreet.args)
    if isinstance(discreet.msg, BaseException):
        discreet.msg = told(discreet.msg)
    return discreet


def _extra_of(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _ORDINARY}


def _error_of(record: logging.LogRecord) -> BaseException | None:
    if record.exc_info and record.exc_info[1] is not None:
        return record.exc_info[1]
    values = record.args if isinstance(record.args, tuple) else ()
    return next((one for one in (*values, record.msg) if isinstance(one, BaseException)), None)


def _way(ei: _ExcInfo) -> str:
    """Return where an exception came from, the innermost place first, and the exceptions that led to it."""
    lines, error = [], ei[1]
    while error is not None:
        places = list(_places(error.__traceback__))
        lines.append(" ← ".join([_kind(error), *reversed(places)]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


def _kind(error: BaseException) -> str:
    """Return the class of an exception, of the operating system's also its reason, of a setting's what is wrong."""
    name = type(error).__name__
    if isinstance(error, SettingsError):
        return f"{name}: {error}"
    code = error.errno if isinstance(error, OSError) else None
    return f"{name} {errno.errorcode.get(code, code)}" if code is not None else name


def _places(way: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(way):
        file = Path(frame.filename)
        # A folder may bear its user's name: of this program its own part is told, of others the file alone.
        shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) and ".venv" not in file.parts else file.name
        yield f"{shown}:{frame.lineno}"
