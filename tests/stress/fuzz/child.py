"""Feeds one target until something breaks, in a process that may break: ``python -m tests.stress.fuzz.child``."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

FOUND_EXIT = 77
"""libFuzzer's exit status for an input that broke the target; 70 is too slow, 71 too much memory."""

with atheris.instrument_imports(include=["emotion", "PIL", "zipfile", "csv", "json", "pyarrow"]):
    from tests.stress.fuzz.targets import attempt


def main() -> None:
    """Arguments: the target, a folder to keep what is new in, the folder of seeds, one for finds, and seconds."""
    target, kept, seeds, finds, seconds = sys.argv[1:]
    Path(kept).mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-artifact_prefix={finds}/",
        "-rss_limit_mb=3000",
        "-malloc_limit_mb=2000",
        "-timeout=60",
        # What is slow because others use the machine as well is no find.
        "-report_slow_units=60",
        "-max_len=65536",
        "-verbosity=0",
        "-print_final_stats=1",
        kept,
        seeds,
    ]

    def read(content: bytes) -> None:
        attempt(target, content)

    atheris.Setup([sys.argv[0], *options], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
