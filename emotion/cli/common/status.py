"""Exit statuses of the commands, and the error line of one that fails."""

from __future__ import annotations

import sys

OK, SOME_FAILED, FAILED = 0, 1, 2
INTERRUPTED = 130
"""The status that shells report for a program ended by Ctrl-C: 128 plus the signal's number."""
PIPE_CLOSED = 141
"""The status of a program whose output was closed: 128 plus the number of SIGPIPE."""


def fail(message: str, status: int = FAILED) -> int:
    """Print one line on stderr and return the status."""
    print(f"emotion: {message}", file=sys.stderr)
    return status
