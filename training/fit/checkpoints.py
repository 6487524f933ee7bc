"""A run's folder: settings, history and crash-safe checkpoints."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from emotion.csv_text import csv_bytes
from emotion.errors import InputError, brief
from emotion.models.registry import HISTORY_FILE
from emotion.paths import work_dir
from training.recipes import Recipe

SETTINGS_FILE = "run.json"
STATE_FILE = "state.json"

_DECISIVE = ("recipe", "limit", "counts", "weights", "teachers")
"""Settings that must not change when a run resumes."""


def default_runs_dir() -> Path:
    """Return the folder of training runs; Git ignores it."""
    return work_dir() / "runs"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The files of one run.

    Checkpoint files carry the epoch's number and are complete before ``state.json`` refers to them, so a kill never
    leaves half a checkpoint.
    """

    path: Path

    def open(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Create the folder, or check that its run has the same settings; return the run's settings.

        A run without a finished epoch takes the new settings.

        Raises:
            InputError: A run with other settings has this name.
        """
        file = self.path / SETTINGS_FILE
        if not self.state()["epoch"]:
            self.path.mkdir(parents=True, exist_ok=True)
            _write_json(file, settings)
            return settings
        known = self.settings()
        for key in _DECISIVE:
            before, now = _complete(key, known.get(key)), settings.get(key)
            if before != now:
                expected, got = _different(before, now)
                raise InputError(
                    f"expected {key} {expected} to resume the run in {self.path.name}; got {got}; choose another --name"
                )
        return known

    def settings(self) -> dict[str, Any]:
        """Return the settings that the run was started with.

        Raises:
            InputError: There is no run here.
        """
        try:
            return dict(json.loads((self.path / SETTINGS_FILE).read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise InputError(f"expected a run folder with {SETTINGS_FILE}; {self.path} has none") from None
        except (OSError, ValueError) as error:
            raise InputError(f"expected a run folder with {SETTINGS_FILE}; got {self.path}: {error}") from error

    def state(self) -> dict[str, Any]:
        """Return ``epoch`` (epochs finished), ``best_epoch`` and ``history`` (one record per epoch)."""
        file = self.path / STATE_FILE
        if not file.exists():
            return {"epoch": 0, "best_epoch": 0, "history": []}
        return dict(json.loads(file.read_text(encoding="utf-8")))

    def facts(self) -> dict[str, Any]:
        """Return what a card's training record states first: run, best epoch, epochs, hours and seed."""
        state = self.state()
        # The median: an epoch during which the machine slept would distort a sum.
        seconds = state["epoch"] * median(row["seconds"] for row in state["history"])
        return {
            "run": self.path.name,
            "epoch": state["best_epoch"],
            "epochs": state["epoch"],
            "hours": round(seconds / 3600, 2),
            "seed": self.settings()["recipe"]["seed"],
        }

    def model_file(self, epoch: int) -> Path:
        """Return the file of the network and its optimiser after an epoch, from which training resumes."""
        return self.path / f"epoch-{epoch:03d}.keras"

    def averaged_file(self, epoch: int) -> Path:
        """Return the file of the averaged weights after an epoch, which are validated and exported.

        It is kept for the last epoch, the best one and the last of each cycle.
        """
        return self.path / f"averaged-{epoch:03d}.weights.h5"

    def best_file(self) -> Path:
        """Return the file of the best epoch's averaged weights."""
        return self.averaged_file(self.state()["best_epoch"])

    def save_state(self, state: dict[str, Any], keep: Collection[int] = ()) -> None:
        """Record a finished epoch whose files are complete, then remove files that are no longer needed.

        Args:
            state: The value that :meth:`state` will return.
            keep: Epochs whose averaged weights are kept, beside the last and the best epoch.
        """
        _write_json(self.path / STATE_FILE, state)
        (self.path / HISTORY_FILE).write_bytes(csv_bytes(pd.DataFrame(state["history"]), digits=None))
        for file in self.path.glob("epoch-*.keras"):
            if file != self.model_file(state["epoch"]):
                file.unlink()
        kept = {self.averaged_file(epoch) for epoch in (state["epoch"], state["best_epoch"], *keep)}
        for file in set(self.path.glob("averaged-*.weights.h5")) - kept:
            file.unlink()


def _complete(key: str, value: Any) -> Any:
    """Return a setting in the form of the current version; recipes of older versions have fewer fields."""
    return Recipe.from_dict(value).to_dict() if key == "recipe" and value is not None else value


def _different(before: Any, now: Any) -> tuple[str, str]:
    """Return two values of a setting as text; of dicts, only the fields that differ."""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return str(before), str(now)
    names = [name for name in before | now if before.get(name) != now.get(name)]
    old, new = (", ".join(f"{name} {brief(values.get(name))}" for name in names) for values in (before, now))
    return f"with {old}", new


def _write_json(path: Path, values: dict[str, Any]) -> None:
    """Write atomically, by renaming a temporary file."""
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)
