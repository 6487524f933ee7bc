"""A run's folder under ``data/runs``: settings, history and checkpoints that survive a kill at any moment."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from emotion.csv_text import csv_bytes
from emotion.errors import InputError
from emotion.models.registry import HISTORY_FILE
from training.provenance import PROJECT
from training.recipes import Recipe

SETTINGS_FILE = "run.json"
STATE_FILE = "state.json"

_DECISIVE = ("recipe", "limit", "counts", "weights", "teachers")
"""Settings that must not change between the parts of a run."""


def default_runs_dir() -> Path:
    """Return the git-ignored folder of training runs."""
    return PROJECT / "data" / "runs"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where one run keeps its files.

    A checkpoint's own files carry the epoch's number and are complete before ``state.json``
    names them, so there is no moment at which a kill leaves half a checkpoint behind.
    """

    path: Path

    def open(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Create the folder, or check that it belongs to the same settings; return its full record.

        A run that has not finished an epoch has nothing to lose and takes the new settings.

        Raises:
            InputError: Another run with other settings has this name.
        """
        file = self.path / SETTINGS_FILE
        if not self.state()["epoch"]:
            self.path.mkdir(parents=True, exist_ok=True)
            _write_json(file, settings)
            return settings
        known = self.settings()
        for key in _DECISIVE:
            if _complete(key, known.get(key)) != settings.get(key):
                raise InputError(
                    f"expected {key} {known.get(key)} to resume the run in {self.path.name}; got {settings.get(key)}; "
                    "choose another --name"
                )
        return known

    def settings(self) -> dict[str, Any]:
        """Return what the run was started with.

        Raises:
            InputError: There is no run here.
        """
        try:
            return dict(json.loads((self.path / SETTINGS_FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise InputError(f"expected a run folder with {SETTINGS_FILE}; got {self.path}: {error}") from error

    def state(self) -> dict[str, Any]:
        """Return ``epoch`` (epochs finished), ``best_epoch`` and ``history`` (one record per epoch)."""
        file = self.path / STATE_FILE
        if not file.exists():
            return {"epoch": 0, "best_epoch": 0, "history": []}
        return dict(json.loads(file.read_text(encoding="utf-8")))

    def model_file(self, epoch: int) -> Path:
        """Return the file of the network and its optimiser after an epoch: what training resumes from."""
        return self.path / f"epoch-{epoch:03d}.keras"

    def averaged_file(self, epoch: int) -> Path:
        """Return the file of the averaged weights after an epoch: what is validated and exported.

        It is there for the last epoch, the best one and the last of each cycle.
        """
        return self.path / f"averaged-{epoch:03d}.weights.h5"

    def save_state(self, state: dict[str, Any], keep: Collection[int] = ()) -> None:
        """Record a finished epoch whose files are written, then remove files no longer needed.

        Args:
            state: What :meth:`state` is to return.
            keep: Epochs whose judged weights stay, beside the last and the best one's.
        """
        _write_json(self.path / STATE_FILE, state)
        (self.path / HISTORY_FILE).write_bytes(csv_bytes(pd.DataFrame(state["history"]), float_format=None))
        for file in self.path.glob("epoch-*.keras"):
            if file != self.model_file(state["epoch"]):
                file.unlink()
        kept = {self.averaged_file(epoch) for epoch in (state["epoch"], state["best_epoch"], *keep)}
        for file in set(self.path.glob("averaged-*.weights.h5")) - kept:
            file.unlink()


def _complete(key: str, value: Any) -> Any:
    """Return a setting as this version would have written it: recipes have gained fields with time."""
    return Recipe.from_dict(value).to_dict() if key == "recipe" and value is not None else value


def _write_json(path: Path, values: dict[str, Any]) -> None:
    """Write beside, then rename: a reader never sees half a file."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    beside.replace(path)
