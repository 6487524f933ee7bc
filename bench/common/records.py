"""Reads and writes the sections of ``bench/results``: one JSON file each, with facts about commit and machine."""

from __future__ import annotations

import datetime
import json
import platform
from typing import Any

from bench.common.processor import kind_of_cpu
from emotion.paths import ROOT
from training import provenance

API, AVX2_ONLY, BATCH, EYES, FALSE_FACES, FUZZ = "api", "avx2", "batch", "eyes", "false_faces", "fuzz"
HTTP_API, KILLS, LIBRARY, LIVE, LIVE_ENGINE = "http_api", "kills", "library", "live", "live_engine"
LONG_VIDEO, SOAK, STREAMS, STUDIES = "long_video", "soak", "streams", "studies"
TRAINING, UPSIDE_DOWN, VISITS = "training", "upside_down", "visits"
"""Sections; each one's file has its name."""
RESULTS = ROOT / "bench" / "results"


def facts() -> dict[str, Any]:
    """Return date, commit, machine, CPU and Python version of a measurement made now."""
    hardware = provenance.hardware()
    return {
        "date": datetime.date.today().isoformat(),
        "commit": provenance.commit()[:10],
        "machine": hardware["machine"],
        "processor": hardware["cpu"],
        "kind": kind_of_cpu(),
        "cores": hardware["cores"],
        "python": platform.python_version(),
    }


def read_section(name: str) -> dict[str, Any] | None:
    """Return the latest measurement of a section; None if it was never measured."""
    path = RESULTS / f"{name}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def measured_line(command: str, record: dict[str, Any]) -> str:
    """Return a sentence with the command, date, commit and machine of a measurement.

    Args:
        command: Module and arguments for ``python -m``.
        record: The section, from :func:`read_section`.
    """
    return (
        f"Written by `python -m {command}` on {record['date']} at commit {record['commit']}: "
        f"{record['processor']}, {record['cores']} cores.\n"
    )


def write_section(name: str, about: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
    """Write a section; earlier figures that were not measured again are kept.

    Args:
        name: Name of the section.
        about: From :func:`facts`.
        found: Subject → figure → value.
    """
    kept = read_section(name) or {"found": {}}
    merged = kept["found"] | {subject: kept["found"].get(subject, {}) | new for subject, new in found.items()}
    text = json.dumps(about | {"found": merged}, indent=1)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
