"""Fuzzes one target until an input breaks it: ``python -m tests.stress.fuzz.child``, a process that may crash."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

FOUND_EXIT = 77
"""libFuzzer's exit status for an input that raised an error; 70 means too slow, 71 too much memory."""

with atheris.instrument_imports(include=["emotion", "PIL", "zipfile", "csv", "json", "pyarrow"]):
    from tests.stress.fuzz.targets import attempt


def main() -> None:
    """Fuzz; arguments: target, folders of the corpus, of the seeds and of the finds, and duration, s."""
    target, corpus, seeds, finds, seconds = sys.argv[1:]
    Path(corpus).mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-artifact_prefix={finds}/",
        "-rss_limit_mb=3000",
        "-malloc_limit_mb=2000",
        "-timeout=60",
        # Inputs can be slow only because other programs use the machine.
        "-report_slow_units=60",
        "-max_len=65536",
        "-verbosity=0",
        "-print_final_stats=1",
        corpus,
        seeds,
    ]

    def read(content: bytes) -> None:
        attempt(target, content)

    atheris.Setup([sys.argv[0], *options], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
