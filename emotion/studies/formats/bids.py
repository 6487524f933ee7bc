"""Writes measures and events as BIDS lays them out: ``_physio.tsv.gz`` and ``_events.tsv`` with JSON beside them."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.csv_text import neutral, rounded
from emotion.errors import JOINERS, InputError, printable_line
from emotion.output_names import numbered_names
from emotion.studies.formats.annotations import Tiers
from emotion.studies.measures import measure
from emotion.studies.rows import rows_of
from emotion.studies.study import Study
from emotion.types import Analysis
from emotion.version import program_version

BIDS_VERSION = "1.10.0"
ABOUT, PROGRAM = "dataset_description.json", "emotion"

_MOST_ROWS = 2_000_000
"""Maximum rows of a resampled table; one that would be longer gets a lower rate."""

_REFUSED = re.compile("[^A-Za-z0-9]+")


def bids_labels(names: Iterable[str]) -> dict[str, str]:
    """Return name → BIDS label: its letters and digits, with a number added to repeated labels.

    Raises:
        InputError: A name has no Latin letter or digit.
    """
    given = list(names)
    return dict(zip(given, numbered_names([_label(name) for name in given], sign=""), strict=True))


def write_data_set(study: Study, labels: Mapping[str, str], folder: Path) -> list[Path]:
    """Write the files that describe a data set, except those of another data set that the folder has.

    Args:
        study: The study.
        labels: Its participants → their labels; others are left out.
        folder: Root of the data set.

    Returns:
        The files: ``dataset_description.json`` and ``participants.tsv``, which has the names behind the labels.
    """
    title = printable_line(study.title, JOINERS)
    about = {
        "Name": title,
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": PROGRAM, "Version": program_version()}],
    }
    named = study.with_free_variables(("participant_id", "name"))
    people = [each for each in named.participants if each.name in labels]
    rows = [{"participant_id": f"sub-{labels[each.name]}", "name": each.name, **each.variables} for each in people]
    table = pd.DataFrame(rows).rename(columns=_one_line).map(_one_line, na_action="ignore")
    table = table.mask(table == "")  # a blank variable is missing, n/a in BIDS
    texts = {
        ABOUT: json.dumps(about, ensure_ascii=False, indent=1),
        "participants.tsv": _tsv(table, header=True),
    }
    # Those of the same study are replaced: it may have other participants by now.
    is_same = _is_same(folder / ABOUT, title)
    new = {folder / name: text for name, text in texts.items() if is_same or not (folder / name).exists()}
    for path, text in new.items():
        path.write_text(text, encoding="utf-8")
    return [*new]


def _is_same(path: Path, name: str) -> bool:
    """Return whether a data set's description is one that this program wrote for a study of this name."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return known["Name"] == name and [each["Name"] for each in known["GeneratedBy"]] == [PROGRAM]
    except (OSError, ValueError, LookupError, TypeError):
        return False


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
            "trial_type": _one_line(mark.label),
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
    """Write one row per analysed frame, ``n/a`` where the participant is not seen.

    A BIDS file has a single rate. If the frames' times are uneven, each row is the frame nearest to the row's time.
    """
    rows = rows_of(analysis)
    own = rows.track == track
    values = np.full((len(rows.frame_time_s), len(rows.measures)), np.nan)
    values[np.searchsorted(rows.frame_time_s, rows.time_s[own])] = rows.values[own]
    places, rate = _even_places(rows.frame_time_s)
    known = np.where(places[:, None] >= 0, values[places], np.nan) if len(values) else values
    table = pd.DataFrame(known, columns=list(rows.measures))
    rate = rate or analysis.info.fps
    start = float(rows.frame_time_s[0]) if len(rows.frame_time_s) else 0.0
    described = {
        name: {"Description": measure(name).meaning, "Units": measure(name).unit or "arbitrary"}
        for name in rows.measures
    }
    about = {"SamplingFrequency": rate, "StartTime": start, "Columns": list(rows.measures), **described}
    physio, sidecar = folder / f"{stem}_physio.tsv.gz", folder / f"{stem}_physio.json"
    physio.write_bytes(gzip.compress(_tsv(table, header=False).encode(), mtime=0))
    sidecar.write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
    return [physio, sidecar]


def _even_places(times: NDArray[np.float64]) -> tuple[NDArray[np.int64], float]:
    """Resample frames at even steps: return the number of the frame for each row, -1 for none, and the rate in Hz.

    Args:
        times: Times of the frames in ascending order, s.

    Returns:
        If all frames are less than half a step from even steps: all of them in order, and their mean rate. Otherwise
        the frame nearest to each step, and the rate of the median step. The rate is 0 for fewer than two frames.
    """
    count = len(times)
    if count < 2:
        return np.arange(count), 0.0
    start, length = float(times[0]), float(times[-1] - times[0])
    mean = length / (count - 1)
    if np.abs(times - start - mean * np.arange(count)).max() < mean / 2:
        return np.arange(count), round((count - 1) / length, 6)
    step = max(float(np.median(np.diff(times))), length / _MOST_ROWS)
    even = start + step * np.arange(round(length / step) + 1)
    after = np.searchsorted(times, even).clip(1, count - 1)
    nearest = np.where(even - times[after - 1] <= times[after] - even, after - 1, after)
    # Beside a single missing frame, both neighbours are one step away, give or take rounding.
    return np.where(np.abs(times[nearest] - even) < 1.01 * step, nearest, -1), round(1 / step, 6)


def _one_line(text: object) -> str:
    """Return text for a TSV cell: on one line, without tabs, and without a formula that a spreadsheet would run."""
    return neutral(printable_line(str(text), JOINERS))


def _tsv(table: pd.DataFrame, *, header: bool) -> str:
    buffer = io.StringIO()
    table.to_csv(buffer, sep="\t", index=False, header=header, na_rep="n/a", float_format=rounded, lineterminator="\n")
    return buffer.getvalue()


def _label(name: str) -> str:
    label = _REFUSED.sub("", name)
    if not label:
        raise InputError(f"expected a name with Latin letters or digits, as BIDS asks; got {name!r}")
    return label
