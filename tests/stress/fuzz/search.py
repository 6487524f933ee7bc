"""Fuzzes every target for a given time and keeps the inputs that break it: ``python -m tests.stress fuzz``."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emotion.paths import ROOT
from tests.stress.fuzz.seeds import write_seeds
from tests.stress.fuzz.targets import TARGETS

FINDS = ROOT / "tests" / "fuzz" / "finds"
"""Inputs that once broke a target; every test run reads them."""
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_WRITTEN = "Test unit written to"
_KINDS = {70: "too slow", 71: "too much memory", 77: "an error of another library"}


@dataclass
class Results:
    """The results of one target.

    Attributes:
        executed: Number of inputs that were read.
        finds: File name of each input that broke the target → what happened.
    """

    executed: int = 0
    finds: dict[str, str] = field(default_factory=dict)


def search(minutes: float, corpus: Path) -> dict[str, dict[str, Any]]:
    """Fuzz all targets and return the results of each.

    Args:
        minutes: Total time, divided evenly among the targets.
        corpus: Folder of inputs that reach new code; later searches start from them.
    """
    with tempfile.TemporaryDirectory(prefix="fuzz-seeds-") as folder:
        seeds = write_seeds(Path(folder))
        share_s = minutes * 60 / len(TARGETS)
        results_by_target = {target: _search(target, seeds[target], corpus / target, share_s) for target in TARGETS}
    return {
        target: {"minutes": share_s / 60, "executed": results.executed, "finds": results.finds}
        for target, results in results_by_target.items()
    }


def _search(target: str, seeds: Path, corpus: Path, seconds: float) -> Results:
    """Fuzz one target; restart its process after every input that breaks it, until the time is over."""
    results, ends, finds = Results(), time.monotonic() + seconds, FINDS / target
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
        results.executed += int(executed[1]) if executed else 0
        new = sorted(set(finds.iterdir()) - before)
        for path in new:
            results.finds[path.name] = _KINDS.get(run.returncode, f"exit status {run.returncode}")
            print(f"{target}: {path.name}: {results.finds[path.name]}\n{_last_lines(run.stderr)}", flush=True)
        known = _WRITTEN in run.stderr  # the same input breaks it again until it is fixed
        if not (new or known) and run.returncode:
            raise RuntimeError(f"expected the search on {target} to run; got {_last_lines(run.stderr)}")
    return results


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-12:])
