"""A case: a folder of inputs, the command to run on it, and the check of its result."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

# Imported first: it loads pylibsrtp, which crashes if TensorFlow is loaded already.
import aiortc  # noqa: F401
import numpy as np

from emotion.analytics.files import load_parquet
from emotion.cli.main import main as emotion_main
from emotion.paths import ROOT
from emotion.types import Analysis
from tests.shared_data import CASES
from training.cli.main import main as training_main

TOLERANCE_PX = 5

Judged = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Ran:
    """Result of a case's command: exit status, printed text, output folder and input folder."""

    status: int
    text: str
    out: Path
    case: Path

    @property
    def films(self) -> list[Analysis]:
        return [load_parquet(file) for file in sorted(self.out.glob("*.timeline.parquet"))]

    @property
    def pictures(self) -> dict[str, list[dict]]:
        """Name of a picture's file → its faces."""
        suffix = ".faces.json"
        found = sorted(self.out.glob(f"*{suffix}"))
        return {file.name.removesuffix(suffix): json.loads(file.read_text())["faces"] for file in found}


@dataclass(frozen=True, slots=True)
class Case:
    """A folder, a command with ``{case}`` for the folder and ``{out}`` for an empty one, and the right answer."""

    folder: str
    command: str
    right: str
    judge: Callable[[Ran], Judged]


def run(case: Case, out: Path) -> Ran:
    """Run a case's commands, with ``&&`` as in a shell. Only ``python`` runs in another process."""
    folder, status, text = CASES / case.folder, 0, io.StringIO()
    # Only the imported model is stored elsewhere; the shipped models are still needed.
    models = {"EMOTION_MODELS": str(out / "models")} if "import" in case.command else {}
    with mock.patch.dict(os.environ, models):
        for step in re.split(r" (?=&& |; )", case.command.format(case=folder, cases=CASES, out=out)):
            if step.startswith("&& ") and status:
                break
            words = [word for part in shlex.split(step.lstrip("&; ")) for word in _expanded(part)]
            status = _run(words[0], words[1:], text)
    return Ran(status, text.getvalue(), out, folder)


def _expanded(word: str) -> list[str]:
    """Return the files that match a pattern, or the word itself."""
    return sorted(map(str, Path("/").glob(word.removeprefix("/")))) if "*" in word else [word]


def _run(program: str, arguments: Sequence[str], text: io.StringIO) -> int:
    if program == "python":
        command, environment = [sys.executable, *arguments], os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
        text.write(done.stdout + done.stderr)
        return done.returncode
    main = {"emotion": emotion_main, "training": training_main}[program]
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        return main(list(arguments))


def last_line(ran: Ran) -> str:
    return next((line.strip() for line in reversed(ran.text.splitlines()) if line.strip()), "")


def error_of(ran: Ran) -> str:
    found = [line for line in ran.text.splitlines() if re.match(r"(error|emotion):", line)]
    return found[-1] if found else last_line(ran)


def is_near(box: Sequence[float], right: Sequence[float]) -> bool:
    return bool(np.abs(np.asarray(box, np.float64) - np.asarray(right)).max() <= TOLERANCE_PX)


def written(box: Sequence[float]) -> str:
    return "{:.0f},{:.0f}..{:.0f},{:.0f}".format(*box)
