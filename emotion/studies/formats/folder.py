"""Writes the results of a study as one folder: tables as CSV and ``.sav``, a codebook and starter scripts."""

from __future__ import annotations

from pathlib import Path

from emotion.csv_text import csv_bytes
from emotion.errors import InputError
from emotion.studies.formats.codebook import codebook
from emotion.studies.formats.sav import write_sav
from emotion.studies.formats.scripts import python_script, r_script
from emotion.studies.measures import default_measure
from emotion.studies.results import StudyResults

FILES = {
    "means.csv": "one row per participant and stimulus",
    "means_long.csv": "one row per participant, stimulus and measure, with frames and seconds counted",
    "seconds.csv": "one row per participant, stimulus and second",
    "means.sav": "means.csv for SPSS, with labels",
    "seconds.sav": "seconds.csv for SPSS, with labels",
    "codebook.csv": "the meaning of every column",
    "first_figure.R": "reads the tables in R and draws the first figure",
    "first_figure.py": "the same in Python",
}
"""The files and what is in them."""


def write_results(results: StudyResults, folder: Path, measure: str | None = None) -> list[Path]:
    """Write the tables of a study into a folder, replacing files of the same names.

    Args:
        results: The results.
        folder: The folder, which is made if it does not exist.
        measure: What the starter scripts draw (default: happiness, or else the first measure).

    Returns:
        The files.

    Raises:
        InputError: There are no results.
    """
    if not results.sums:
        raise InputError("expected at least one finished analysis in the study; there is none")
    chosen = measure or default_measure(results.measures)
    means, seconds = results.means, results.seconds
    folder.mkdir(parents=True, exist_ok=True)
    columns = list(dict.fromkeys([*map(str, means), *map(str, seconds), "measure", "mean"]))
    tables = {"means.csv": means, "means_long.csv": results.long_means(), "seconds.csv": seconds}
    for name, table in {**tables, "codebook.csv": codebook(results.study, columns)}.items():
        (folder / name).write_bytes(csv_bytes(table))
    write_sav(means, results.study, folder / "means.sav")
    write_sav(seconds, results.study, folder / "seconds.sav")
    (folder / "first_figure.R").write_text(r_script(chosen), encoding="utf-8")
    (folder / "first_figure.py").write_text(python_script(chosen), encoding="utf-8")
    return [folder / name for name in FILES]
