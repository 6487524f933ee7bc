"""Runs a dispatcher in its own process, which tests can kill: ``python -m tests.stress.torture.dispatcher``."""

from __future__ import annotations

import threading

from emotion.library import Library
from emotion.library.jobs import Dispatcher
from emotion.telemetry.logs import set_up_logs


def main() -> None:
    """Work on the queue of the library in ``EMOTION_LIBRARY`` until this process is killed."""
    set_up_logs()
    Dispatcher(Library.open()).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
