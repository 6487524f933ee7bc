"""The codebook of a study's tables: every column with its words, unit and meaning."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from emotion.studies.measures import measure
from emotion.studies.study import Study

_FIXED = {
    "participant": ("Participant", "", "Code of the participant."),
    "stimulus": ("Stimulus", "", "Name of the stimulus."),
    "second": ("Second", "s", "Start of the second of stimulus time; 0 is the start of the stimulus or its event."),
    "frames": (
        "Frames",
        "count",
        "Analysed frames with the participant's face; in the long table, with the measure.",
    ),
    "seconds": ("Seconds", "s", "Time that these frames last."),
    "window_s": ("Analysed time", "s", "All analysed time of the stimulus."),
    "seen": ("Share seen", "0–1", "Share of the analysed time with the participant's face."),
    "repetitions": ("Repetitions", "count", "How often the event of the stimulus occurred; 1 without an event."),
    "measure": ("Measure", "", "Name of the measure."),
    "mean": ("Mean", "", "Mean of the measure, weighted by how long each frame lasts."),
}


def codebook(study: Study, columns: Sequence[str]) -> pd.DataFrame:
    """Return one row per column of a table: ``variable``, ``label``, ``unit`` and ``meaning``."""
    people, stimuli = study.variables("participants"), study.variables("stimuli")
    rows = []
    for name in columns:
        if name in _FIXED:
            label, unit, meaning = _FIXED[name]
        elif name in people or name in stimuli:
            whose = "participant" if name in people else "stimulus"
            label, unit, meaning = name, "", f"Variable of the {whose}, as given by the researcher."
        else:
            known = measure(name)
            label, unit, meaning = known.title, known.unit, known.meaning
        rows.append({"variable": name, "label": label, "unit": unit, "meaning": meaning})
    return pd.DataFrame(rows, columns=["variable", "label", "unit", "meaning"])
