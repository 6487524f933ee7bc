"""Logs a failure that repeats, such as a database that is away for hours, only once."""

from __future__ import annotations

import logging


class OutageLog:
    """Warns of an error when it begins or changes, not each time it repeats.

    Args:
        log: Where to warn.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log, self._warned = log, ""

    def warn(self, error: Exception) -> None:
        """Log an error, unless it is the same as the last one."""
        if str(error) != self._warned:
            self._warned = str(error)
            self._log.warning("%s", error)

    def end(self) -> None:
        """Note a success: the next error is logged even if it is the same."""
        self._warned = ""
