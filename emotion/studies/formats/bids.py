"""Writes measures and events as BIDS lays them out: ``_physio.tsv.gz`` and ``_events.tsv`` with JSON beside them."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from emotion.csv_text import neutral, rounded
from emotion.errors import InputError
from emotion.output_names import numbered_names
from emotion.studies.formats.annotations import Tiers
from emotion.studies.measures import measure
from emotion.studies.rows import rows_of
from emotion.types import Analysis

_REFUSED = re.compile("[^A-Za-z0-9]+")


def bids_labels(names: Iterable[str]) -> dict[str, str]:
    """Return name → BIDS label: its letters and digits, with a number added to repeated labels.

    Raises:
        InputError: A name has no Latin letter or digit.
    """
    given = list(names)
    return dict(zip(given, numbered_names([_label(name) for name in given], sign=""), strict=True))


def write_bids(
    analysis: Analysis, tiers: Tiers, track: int | None, labels: tuple[str, str], folder: Path
) -> list[Path]:
    """Write ``sub-<participant>/beh/sub-…_task-<stimulus>_…`` with time in seconds of the video.

    Args:
        analysis: With edits applied.
        tiers: Its marks.
        track: The participant's track; None for none, which gives no physio file.
        labels: Labels of the participant and the stimulus (:func:`bids_labels`).
        folder: Root of the data set.

    Returns:
        The files.
    """
    subject, task = labels
    target = folder / f"sub-{subject}" / "beh"
    target.mkdir(parents=True, exist_ok=True)
    stem = f"sub-{subject}_task-{task}"
    files = _write_events(tiers, target, stem)
    return files if track is None else files + _write_physio(analysis, track, target, stem)


def _write_events(tiers: Tiers, folder: Path, stem: str) -> list[Path]:
    rows = [
        {
            "onset": mark.start_s,
            "duration": mark.end_s - mark.start_s,
            "trial_type": neutral(mark.label),  # spreadsheets open .tsv as they do .csv
            "tier": tier,
        }
        for tier, marks in tiers.items()
        for mark in marks
    ]
    table = pd.DataFrame(rows, columns=["onset", "duration", "trial_type", "tier"]).sort_values("onset", kind="stable")
    about = {
        "onset": {"Description": "Start in the video", "Units": "s"},
        "duration": {"Description": "Length; 0 for a moment", "Units": "s"},
        "trial_type": {"Description": "The expression that leads, or the label of an event"},
        "tier": {"Description": "expression: the participant's expressions; events: marked in the video"},
    }
    events, sidecar = folder / f"{stem}_events.tsv", folder / f"{stem}_events.json"
    events.write_text(_tsv(table, header=True), encoding="utf-8")
    sidecar.write_text(json.dumps(about, indent=1), encoding="utf-8")
    return [events, sidecar]


def _write_physio(analysis: Analysis, track: int, folder: Path, stem: str) -> list[Path]:
    """Write one row per analysed frame, ``n/a`` where the participant is not seen."""
    rows = rows_of(analysis.timeline, analysis.frames)
    own = rows.track == track
    values = np.full((len(rows.frame_time_s), len(rows.measures)), np.nan)
    values[np.searchsorted(rows.frame_time_s, rows.time_s[own])] = rows.values[own]
    table = pd.DataFrame(values, columns=list(rows.measures))
    steps = np.diff(rows.frame_time_s)
    rate = 1 / float(np.median(steps)) if len(steps) else analysis.info.fps
    start = float(rows.frame_time_s[0]) if len(rows.frame_time_s) else 0.0
    described = {
        name: {"Description": measure(name).meaning, "Units": measure(name).unit or "arbitrary"}
        for name in rows.measures
    }
    about = {"SamplingFrequency": rate, "StartTime": start, "Columns": list(rows.measures), **described}
    physio, sidecar = folder / f"{stem}_physio.tsv.gz", folder / f"{stem}_physio.json"
    with gzip.GzipFile(physio, "wb", mtime=0) as file:
        file.write(_tsv(table, header=False).encode())
    sidecar.write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
    return [physio, sidecar]


def _tsv(table: pd.DataFrame, *, header: bool) -> str:
    buffer = io.StringIO()
    table.to_csv(buffer, sep="\t", index=False, header=header, na_rep="n/a", float_format=rounded, lineterminator="\n")
    return buffer.getvalue()


def _label(name: str) -> str:
    label = _REFUSED.sub("", name)
    if not label:
        raise InputError(f"expected a name with Latin letters or digits, as BIDS asks; got {name!r}")
    return label
