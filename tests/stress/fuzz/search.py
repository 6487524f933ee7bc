"""Searches for a while on every target, and keeps what it finds: ``python -m tests.stress fuzz --minutes 60``."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.common.records import ROOT
from tests.stress.fuzz.seeds import write_seeds
from tests.stress.fuzz.targets import TARGETS

FINDS = ROOT / "tests" / "fuzz" / "finds"
"""Inputs that broke something once; the tests read them for ever after."""
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_WRITTEN = "Test unit written to"
_KINDS = {70: "too slow", 71: "too much memory", 77: "an error that is none of ours"}


@dataclass
class Course:
    """What came of one target.

    Attributes:
        executed: How many inputs were read.
        finds: How it ended for each input that broke it, by the input's name.
    """

    executed: int = 0
    finds: dict[str, str] = field(default_factory=dict)


def search(minutes: float, corpus: Path) -> dict[str, dict[str, Any]]:
    """Search for so long in all and return what came of each target.

    Args:
        minutes: Shared evenly by the targets.
        corpus: Folder of inputs that reach new code; a later search goes on from them.
    """
    with tempfile.TemporaryDirectory(prefix="fuzz-seeds-") as folder:
        seeds = write_seeds(Path(folder))
        share_s = minutes * 60 / len(TARGETS)
        courses = {target: _search(target, seeds[target], corpus / target, share_s) for target in TARGETS}
    return {
        target: {"minutes": share_s / 60, "executed": course.executed, "finds": course.finds}
        for target, course in courses.items()
    }


def _search(target: str, seeds: Path, corpus: Path, seconds: float) -> Course:
    """Restart the target's process each time something broke it, until the time is over."""
    course, ends, finds = Course(), time.monotonic() + seconds, FINDS / target
    finds.mkdir(parents=True, exist_ok=True)
    while (left := ends - time.monotonic()) > 1:
        before = set(finds.iterdir())
        command = [
            sys.executable,
            "-m",
            "tests.stress.fuzz.child",
            target,
            *map(str, (corpus, seeds, finds, int(left))),
        ]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        executed = _EXECUTED.search(run.stderr)
        course.executed += int(executed[1]) if executed else 0
        new = sorted(set(finds.iterdir()) - before)
        for path in new:
            course.finds[path.name] = _KINDS.get(run.returncode, f"exit status {run.returncode}")
            print(f"{target}: {path.name}: {course.finds[path.name]}\n{_last_lines(run.stderr)}", flush=True)
        known = _WRITTEN in run.stderr  # the same input once more, until what it breaks is mended
        if not (new or known) and run.returncode:
            raise RuntimeError(f"expected the search on {target} to run; it said {_last_lines(run.stderr)}")
    return course


def _last_lines(text: str, count: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-count:])
