"""A server's dispatcher as a process by itself, which can be killed: ``python -m tests.stress.torture.dispatcher``."""

from __future__ import annotations

import threading

from emotion.library import Library
from emotion.library.jobs import Dispatcher
from emotion.telemetry.logs import set_up_logs


def main() -> None:
    """Work on the queue of the environment's library until something kills this process."""
    set_up_logs()
    Dispatcher(Library.open()).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
