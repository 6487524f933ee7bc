"""Runs the cases and prints a table: ``python -m tests.cases [FOLDER ...]``."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.cases.checks import CHECKS
from tests.cases.command import Case, Judged, run


def outcomes(checks: Sequence[Case]) -> Iterator[tuple[Case, Judged, float]]:
    """Run the cases one by one, and yield each with its verdict and its duration, s."""
    for case in checks:
        with tempfile.TemporaryDirectory() as out:
            started = time.monotonic()
            try:
                judged = case.judge(run(case, Path(out)))
            except Exception as error:  # an exception is a result too
                judged = (f"{type(error).__name__}: {error}", False)
            yield case, judged, time.monotonic() - started


def main(folders: Sequence[str]) -> int:
    """Print the table of some folders (default: all); return 1 if any result is wrong."""
    checks = [case for case in CHECKS if not folders or case.folder in folders]
    print("| folder | command | result | right answer | right? |\n|---|---|---|---|---|", flush=True)
    wrong = 0
    for case, (result, is_right), took_s in outcomes(checks):
        wrong += not is_right
        command = case.command.format(case=case.folder, cases=".", out="OUT").replace("./", "")
        row = (case.folder, f"`{command}`", result.replace("|", "/"), case.right, "yes" if is_right else "**no**")
        print(f"| {' | '.join(row)} |", flush=True)
        print(f"{case.folder}: {took_s:.0f} s", file=sys.stderr, flush=True)
    print(f"\n{len(checks) - wrong} of {len(checks)} right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
