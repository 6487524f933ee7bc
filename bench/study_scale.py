"""``python -m bench.study_scale``: measures time and memory for the results of a large study.

It makes a library with 200 participants × 10 stimuli of 3 minutes at 30 frames per second, and aggregates it in another
process. The timelines are links to a few files, so that they fit on any disk; every one of them is read and decoded.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from bench.common.process import peak_mb, run_module
from bench.common.records import STUDIES, facts, write_section
from emotion.analytics.files import save_parquet
from emotion.analytics.timeline import BOX, FRAME_TYPES, SHAPE, column_types, probability_columns, with_leading_emotion
from emotion.engine.storage import timeline_key
from emotion.labels import FERPLUS_LABELS
from emotion.library import LOCAL, JobSettings, Library, State
from emotion.library.mapping import new_row, now, search_text
from emotion.library.studies import StudyRepository
from emotion.library.studies.results import study_results
from emotion.paths import ROOT
from emotion.studies import Cell, Participant, Stimulus, Study
from emotion.studies.statistics.contrasts import contrasts
from emotion.studies.statistics.curves import mean_curve
from emotion.types import Analysis, VideoInfo

PARTICIPANTS, STIMULI, MINUTES, FPS = 200, 10, 3, 30
_DIFFERENT = 20
_TABS = ("Videos", "Means", "Curve", "Contrast")


def made_analysis(seed: int, seconds: float = MINUTES * 60) -> Analysis:
    """Return an analysis of one person with random values and one face in each frame."""
    rng, count = np.random.default_rng(seed), round(seconds * FPS)
    frames = pd.DataFrame({"frame_index": np.arange(count), "time_s": np.arange(count) / FPS, "faces": 1})
    rows = frames[["frame_index", "time_s"]].assign(track_id=1)
    names = [*BOX, "face_confidence", *SHAPE]
    rows[names] = rng.random((count, len(names)))
    rows[probability_columns(FERPLUS_LABELS)] = rng.dirichlet(np.ones(len(FERPLUS_LABELS)), count).astype(np.float32)
    types = column_types(FERPLUS_LABELS)
    timeline = with_leading_emotion(rows)[list(types)].astype(types)
    info = VideoInfo(1280, 720, FPS, count, seconds, codec="h264")
    return Analysis(info, timeline, frames.astype(FRAME_TYPES), "made", FERPLUS_LABELS, {"every": 1}, "made.mp4")


def make_study(library: Library, participants: int, stimuli: int) -> str:
    """Fill a library with analyses and a study of all of them, and return the study's ID."""
    folder = Path(library.storage.url)
    originals = [
        save_parquet(made_analysis(seed, MINUTES * 60), folder / f"made-{seed}.parquet") for seed in range(_DIFFERENT)
    ]
    people = tuple(Participant(f"p{number:03}", {"group": "ab"[number % 2]}) for number in range(participants))
    films = tuple(Stimulus(f"film {number}") for number in range(stimuli))
    cells = [Cell(who.name, what.name, uuid.uuid4().hex) for who in people for what in films]
    with library.database.writing() as session:
        for number, cell in enumerate(cells):
            row = new_row(cell.analysis, LOCAL, "made.mp4", " ".join(cell.key), JobSettings())
            row.state, row.note, row.finished_at, row.words = State.DONE, "", now(), search_text(row)
            row.duration_s = MINUTES * 60
            session.add(row)
            target = folder / timeline_key(cell.analysis)
            target.parent.mkdir()
            os.link(originals[number % _DIFFERENT], target)
    for original in originals:
        original.unlink()
    study = Study("Large", people, films, tuple(cells))
    return StudyRepository(library.for_owner(LOCAL)).create(study).id


def measure_once(folder: Path) -> dict[str, Any]:
    """Aggregate the only study of a library, twice; return how long each step takes, s, and the peak memory, MB."""
    library = Library.open(f"sqlite:///{folder / 'library.db'}", str(folder / "storage"))
    studies = StudyRepository(library.for_owner(LOCAL))
    known: dict = {}
    steps: dict[str, Any] = {}
    before_mb = round(peak_mb())
    with _timed(steps, "read the study"):
        saved = studies.get(studies.summaries()[0].id)
    with _timed(steps, "aggregate all timelines"):
        results = study_results(studies, saved, None, known)
    with _timed(steps, "again, nothing changed"):
        study_results(studies, saved, None, known)
    with _timed(steps, "table of means"):
        means = results.means
    with _timed(steps, "table of seconds"):
        seconds = results.seconds
    with _timed(steps, "curves with intervals"):
        mean_curve(seconds, "happiness", by="stimulus")
    with _timed(steps, "a contrast"):
        contrasts(means, ["happiness"], by="stimulus", levels=[("film 0", "film 1")], paired=True)
    return {
        "participants": len(saved.study.participants), "stimuli": len(saved.study.stimuli),
        "rows": int(means["frames"].sum()), "rows of means": len(means), "rows of seconds": len(seconds),
        "seconds": steps, "memory before, MB": before_mb, "peak memory, MB": round(peak_mb()),
    }  # fmt: skip


def measure_page(folder: Path) -> dict[str, Any]:
    """Return how long each run of the page takes on the only study of a library, s, and the peak memory, MB.

    The first run starts to compute the results; the others, one per tab, come after they are ready. A server imports
    the page's modules once, so this is measured apart.
    """
    library = Library.open(f"sqlite:///{folder / 'library.db'}", str(folder / "storage"))
    found: dict[str, Any] = {}
    with _timed(found, "import of the page's modules"):
        importlib.import_module("ui.studies.view")
    with patch("ui.access.library._opened", lambda: (library, None)):
        test = AppTest.from_file(str(ROOT / "pages" / "studies.py"), default_timeout=600)
        for name in ("first visit", *_TABS):
            if name in _TABS:
                test.session_state["study_results_job"].wait()
                test.session_state["study_tabs"] = name
            with _timed(found, name):
                test.run()
            if test.exception:
                raise RuntimeError(f"the page failed: {test.exception}")
    return {"seconds": found, "peak memory, MB": round(peak_mb())}


@contextmanager
def _timed(found: dict[str, Any], name: str) -> Iterator[None]:
    """Record the time and the CPU time of a block, s."""
    started, cpu = time.perf_counter(), time.process_time()
    yield
    found[name] = round(time.perf_counter() - started, 3)
    found[f"{name}, CPU"] = round(time.process_time() - cpu, 3)


def main() -> int:
    """Make the study, measure it and write the figures to ``bench/results``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--participants", type=int, default=PARTICIPANTS)
    parser.add_argument("--folder", type=Path, help="measure the library in this folder, and only print")
    parser.add_argument("--page", action="store_true", help="with --folder: measure the page")
    options = parser.parse_args()
    if options.folder is not None:
        measure = measure_page if options.page else measure_once
        print(json.dumps(measure(options.folder)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        library = Library.open(f"sqlite:///{folder}/library.db", f"{folder}/storage")
        make_study(library, options.participants, STIMULI)
        library.close()
        found = {
            "scale": run_module("bench.study_scale", "--folder", folder),
            "page": run_module("bench.study_scale", "--folder", folder, "--page"),
        }
    write_section(STUDIES, facts(), found)
    from bench.report import write_readme  # noqa: PLC0415 – its imports are not part of what the children measure

    write_readme()
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
