"""Reports an architecture search: the table of candidates, the Pareto front and its progress."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
import pandas as pd
from optuna.samplers import NSGAIISampler
from optuna.trial import TrialState
from rich.console import Console
from rich.table import Table

from emotion.charts.search import front_chart, generations_chart
from emotion.csv_text import csv_bytes
from emotion.publication.render import to_svg
from training.search.architecture import FACTS

PLOT_PX = 640
COLUMNS = ("candidate", "generation", "accuracy", "ms_per_face", *FACTS, "on_front", "seconds")


def candidates_of(study: optuna.Study) -> pd.DataFrame:
    """Return one row per finished candidate, in order.

    Columns: ``candidate`` (from 1), ``generation`` (from 0), ``accuracy`` (0–1, validation split),
    ``ms_per_face``, ``network`` (its name, which is its genome), ``input_size`` (px), ``parameters``,
    ``multiply_adds``, ``file_bytes``, ``on_front`` (Pareto-optimal), ``seconds``.
    """
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    best = {trial.number for trial in study.best_trials} if done else set()
    sampler = study.sampler
    rows = [_row(study, sampler, place, trial, best) for place, trial in enumerate(done, start=1)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(study: optuna.Study, sampler: Any, place: int, trial: Any, best: set[int]) -> dict[str, Any]:
    if not isinstance(sampler, NSGAIISampler):
        raise TypeError(f"expected a study of NSGA-II; got {type(sampler).__name__}")
    accuracy, ms = trial.values
    facts = {name: trial.user_attrs[name] for name in FACTS}
    return {
        "candidate": place,
        "generation": sampler.get_trial_generation(study, trial),
        "accuracy": round(accuracy, 5),
        "ms_per_face": ms,
        **facts,
        "on_front": trial.number in best,
        "seconds": round(trial.duration.total_seconds(), 1),
    }


def write_candidates(study: optuna.Study, file: Path) -> pd.DataFrame:
    """Write the table as CSV, and return it."""
    table = candidates_of(study)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(csv_bytes(table, digits=None))
    return table


def draw_search(table: pd.DataFrame, folder: Path) -> tuple[Path, ...]:
    """Draw the Pareto front and its progress by generation as SVG files, and return these.

    Args:
        table: From :func:`write_candidates`.
        folder: Folder for the files.
    """
    charts = {"front.svg": front_chart(table), "generations.svg": generations_chart(table)}
    files = tuple(folder / name for name in charts)
    for file, chart in zip(files, charts.values(), strict=True):
        # The width of a page; the lab scales the same charts to its columns.
        file.write_text(to_svg(chart.properties(width=PLOT_PX).to_dict()), encoding="utf-8")
    return files


def print_front(table: pd.DataFrame) -> None:
    """Print the Pareto-optimal candidates, the fastest first."""
    front = table[table["on_front"]].sort_values("ms_per_face")
    shown = Table("candidate", "accuracy", "ms", "MB", "network", title=f"Front of {len(table)} candidates")
    for row in front.to_dict("records"):
        shown.add_row(
            str(row["candidate"]),
            f"{row['accuracy']:.4f}",
            f"{row['ms_per_face']:.3f}",
            f"{row['file_bytes'] / 1e6:.2f}",
            f"{row['network']} at {row['input_size']} px",
        )
    Console().print(shown)
