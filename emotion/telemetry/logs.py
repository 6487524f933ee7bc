"""Logs without personal data, as lines of text or JSON.

The message of an exception may quote a visitor's input, such as a file name or a title, so it is never logged. Logs
have its class, its errno and the code locations that it passed; the page shows the message to the visitor. Text that
other packages fill into their messages is left out too, because it may come from a stranger, such as the error in an
address that a sign-in service returns to. A message is one line without control characters.

``EMOTION_LOG_FORMAT`` and ``EMOTION_LOG_LEVEL`` set format and level.
"""

from __future__ import annotations

import copy
import datetime as dt
import errno
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from numbers import Number
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from pythonjsonlogger.json import JsonFormatter

from emotion.errors import SettingsError
from emotion.masking import masked
from emotion.paths import ROOT
from emotion.settings import read_settings
from emotion.telemetry.counters import ERRORS
from emotion.telemetry.one_line import one_line

OURS = ("emotion", "ui")
"""Loggers that follow ``EMOTION_LOG_LEVEL``; others log from warnings on, as some log visitors' addresses below."""


_KEEP_TEXT = frozenset({*OURS, "training", "bench", "__main__"})
"""Loggers whose messages contain only our own words."""
_LEFT_OUT = "…"

_DISABLED = ("uvicorn.access", "streamlit.runtime.scriptrunner_utils.script_run_context")
"""The first logs the network address of every request. The second warns when the HTTP API opens the library, because
Streamlit has no page for the spinner then.
"""
_ENABLED = ("uvicorn.error",)
"""Server errors, which Streamlit and uvicorn together leave without a handler; below warnings, it logs addresses."""
_STREAMLIT_HANDLER = "streamlit_console_handler"
"""Attribute under which Streamlit adds a handler to its loggers, again whenever it reloads its settings."""
_TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_JSON = "%(asctime)s %(levelname)s %(name)s %(message)s %(process)d"
_JSON_NAMES = {"asctime": "time", "levelname": "level", "name": "logger", "process": "pid", "exc_info": "error"}

_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def set_up_logs(stream: TextIO | None = None, **facts: str) -> None:
    """Configure the logs of this process; call it once, at the start.

    Args:
        stream: Where to write; standard error by default.
        facts: Added to every JSON line, such as ``analysis="<id>"``.

    Raises:
        SettingsError: A setting has an invalid value.
    """
    settings = read_settings()
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(RedactedJson(facts) if settings.log_format == "json" else RedactedText())
    root = logging.getLogger()
    root.handlers[:] = [handler, _Counting()]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(settings.log_level.upper())
    redirect_loggers()


def redirect_loggers() -> None:
    """Replace other libraries' handlers, such as Streamlit's, by ours; call it again when they may have added some."""
    for logger in list(logging.Logger.manager.loggerDict.values()):
        # A logger without handlers that does not propagate was silenced on purpose.
        if (
            isinstance(logger, logging.Logger)
            and logger.handlers
            and (not logger.propagate or hasattr(logger, _STREAMLIT_HANDLER))
        ):
            logger.handlers.clear()
            logger.propagate = True
    for name in _DISABLED:
        logging.getLogger(name).disabled = True
    for name in _ENABLED:
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.WARNING)


def without_message(error: BaseException) -> str:
    """Return an exception without its message: ``LibraryError at emotion/library/mapping.py:71``.

    The message of a :class:`SettingsError` is kept, as settings come from the operator.
    """
    places = list(_locations(error.__traceback__))
    cause = error.__cause__ or error.__context__
    because = f" after {_kind(cause)}" if cause is not None else ""
    return _kind(error) + because + (f" at {places[-1]}" if places else "")


class RedactedText(logging.Formatter):
    """Formats records as a line of text, with the locations of an exception below it."""

    def __init__(self) -> None:
        super().__init__(_TEXT)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with ``extra`` values at its end."""
        redacted = _redacted(record)
        redacted.msg += "".join(f" {name}={one_line(str(value))}" for name, value in _extra_of(redacted).items())
        return masked(super().format(redacted))

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 – logging's own name
        """Return the locations of an exception and of its causes."""
        return _chain(ei)


class RedactedJson(JsonFormatter):
    """Formats records as JSON lines: time (UTC), level, logger, message, pid, ``extra`` values, and error."""

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
        return masked(super().format(_redacted(record)))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """Return the time as ISO 8601 in UTC."""
        del datefmt
        return dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802
        """Return the locations of an exception and of its causes."""
        return _chain(ei)


class _Counting(logging.Handler):
    """Counts logged exceptions by class, from warnings on."""

    def emit(self, record: logging.LogRecord) -> None:
        """Count the record's exception."""
        if record.levelno >= logging.WARNING and (error := _error_of(record)) is not None:
            ERRORS.labels(type(error).__name__).inc()


def _redacted(record: logging.LogRecord) -> logging.LogRecord:
    """Return a copy of a record with exceptions replaced by :func:`without_message`."""
    redacted = copy.copy(record)
    redacted.exc_text = None  # may hold another formatter's text
    keeps_text = record.name.partition(".")[0] in _KEEP_TEXT
    if isinstance(redacted.args, tuple):
        redacted.args = tuple(_shown(one, keeps_text) for one in redacted.args)
    elif isinstance(redacted.args, Mapping):
        redacted.args = {name: _shown(one, keeps_text) for name, one in redacted.args.items()}
    if isinstance(redacted.msg, BaseException):
        redacted.msg = without_message(redacted.msg)
    redacted.msg, redacted.args = one_line(redacted.getMessage()), None
    return redacted


def _shown(value: object, keeps_text: bool) -> object:
    if isinstance(value, BaseException):
        return without_message(value)
    return value if keeps_text or isinstance(value, Number) else _LEFT_OUT


def _extra_of(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _ORDINARY}


def _error_of(record: logging.LogRecord) -> BaseException | None:
    if record.exc_info and record.exc_info[1] is not None:
        return record.exc_info[1]
    values = record.args if isinstance(record.args, tuple) else ()
    return next((one for one in (*values, record.msg) if isinstance(one, BaseException)), None)


def _chain(ei: _ExcInfo) -> str:
    """Return the locations of an exception, the innermost first, and of its causes, one per line."""
    lines, error = [], ei[1]
    while error is not None:
        places = list(_locations(error.__traceback__))
        lines.append(" ← ".join([_kind(error), *reversed(places)]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


def _kind(error: BaseException) -> str:
    """Return the class of an exception, with an OSError's errno or a SettingsError's message."""
    name = type(error).__name__
    if isinstance(error, SettingsError):
        return f"{name}: {error}"
    code = error.errno if isinstance(error, OSError) else None
    return f"{name} {errno.errorcode.get(code, code)}" if code is not None else name


def _locations(trace: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(trace):
        file = Path(frame.filename)
        # No absolute paths, which may contain a user's name.
        shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) and ".venv" not in file.parts else file.name
        yield f"{shown}:{frame.lineno}"
