"""The cost estimates of docs/batch.md: known answers, and that the page has the latest measurement."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.batch.guide import BEGIN, END, GUIDE, arithmetic, batch_tables, core_hours, storage_bytes, write_guide
from bench.common.records import BATCH, read_section

CLIP = {"width": 1280.0, "height": 720.0, "duration_s": 10.0, "frames": 300, "faces": 600, "work_s": 5.0}
FOUND = {
    "scaling, processes": {"one": 50.0, "two": 90.0, "ratio": 1.8, "worker_mb": 512.0, "busy": [0.99, 0.98]},
    "scaling, Ray": {"one": 50.0, "two": 80.0, "ratio": 1.6, "worker_mb": 256.0, "busy": [0.97, 0.91]},
    "rates, every frame": {"clip.mp4": CLIP},
    "rows": {"bytes_per_face": 100.0, "bytes_per_file": 10_000.0},
    "inputs": {"price": 0.5},
    "kill, Ray": {
        "clips": 4,
        "timelines_when_killed": 1,
        "timelines": 3,
        "errors": {"file": 1},
        "every_clip_once": True,
        "without_reason": 0,
        "rerun_changed": 0,
        "rerun_s": 2.0,
    },
}
RECORD = {"date": "2026-01-02", "commit": "abc", "processor": "a processor", "cores": 2, "found": FOUND}


def test_known_answers() -> None:
    assert core_hours(1000, 5, 10) == 500
    assert core_hours(1000, 5, 10, 0.8) == pytest.approx(625)
    # 60 rows a second for an hour, and two files of half an hour each
    assert storage_bytes(1, 60, 100, 10_000) == 60 * 3600 * 100 + 2 * 10_000


def test_the_tables_are_computed_from_measurements() -> None:
    text = arithmetic(RECORD)
    night = next(line for line in text.partition("1,000 hours")[2].splitlines() if line.startswith("| 720p"))
    month = next(line for line in text.partition("1,000,000 hours")[2].splitlines() if line.startswith("| 720p"))
    # 500 core-hours at 80% efficiency; 12 hours; 0.5 GB per worker; 21.6 GB of rows and 20 MB of files
    assert night == "| 720p, every frame | 625 | 53 | 26 | 21.6 | 312 |"
    assert month == "| 720p, every frame | 625,000 | 869 | 434 | 21,620.0 | 312,500 |"
    assert "1.80 × with processes, 1.60 × with Ray" in text


def test_missing_measurements_are_reported() -> None:
    assert arithmetic(None) == arithmetic(RECORD | {"found": {}})
    assert "python -m bench batch" in arithmetic(None)


def test_a_lost_clip_is_marked() -> None:
    assert "| Ray | 4 | 1 | 3, every clip once | 1 file | 0 rewritten, 2 s |" in batch_tables(FOUND)
    assert "| Ray | 50 | 80 | 1.60 | 91% |" in batch_tables(FOUND)
    lost = FOUND | {"kill, Ray": FOUND["kill, Ray"] | {"every_clip_once": False}}
    assert "NOT every clip once" in batch_tables(lost)


def test_the_guide_has_the_latest_measurement(tmp_path: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == arithmetic(read_section(BATCH))
    copy = tmp_path / "batch.md"
    copy.write_text(text, encoding="utf-8")
    write_guide(copy)
    assert copy.read_text(encoding="utf-8") == text
