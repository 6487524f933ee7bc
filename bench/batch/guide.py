"""Writes the tables of batches, and the cost estimates of docs/batch.md from measurements and stated assumptions."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from bench.common.records import BATCH, read_section
from emotion.paths import ROOT
from training.guide import with_part

GUIDE = ROOT / "docs" / "batch.md"
BEGIN, END = "<!-- from bench/results/batch.json: begin -->\n", "<!-- end -->\n"
PRICE = 0.04
"""Price of a core-hour in any currency: an assumption; set your own with ``--price``."""
VIDEO_MINUTES = 30
"""Length of each video: an assumption, from which only the number of files follows."""
CORPORA = ((1_000, 12, "in a night of 12 hours"), (1_000_000, 30 * 24, "in 30 days"))
"""Hours of video, hours available to analyse them, and these in words."""
_NOT_YET = "Not measured yet: `python -m bench batch` writes these estimates.\n"


def given_price(price: float | None) -> dict[str, dict[str, float]]:
    """Return the assumptions as a subject of the section. Without a price, an earlier one is kept."""
    return {"inputs": {} if price is None and _has_price() else {"price": PRICE if price is None else price}}


def _has_price() -> bool:
    return "inputs" in (read_section(BATCH) or {"found": {}})["found"]


def core_hours(hours: float, work_s: float, duration_s: float, efficiency: float = 1.0) -> float:
    """Return the core-hours needed to analyse a number of hours of video.

    Args:
        hours: Hours of video.
        work_s: Time that one worker on one core takes for ``duration_s``, seconds.
        duration_s: Length of the measured video, seconds.
        efficiency: Rate of a core when others work too, relative to its rate alone.
    """
    return hours * work_s / duration_s / efficiency


def storage_bytes(hours: float, faces_per_s: float, per_face: float, per_file: float) -> float:
    """Return the size of the timelines, bytes.

    Args:
        hours: Hours of video.
        faces_per_s: Rows of a timeline per second of video.
        per_face: Bytes per row.
        per_file: Bytes per file beyond its rows.
    """
    return hours * 3600 * faces_per_s * per_face + hours * 60 / VIDEO_MINUTES * per_file


def write_guide(path: Path = GUIDE) -> None:
    """Write the estimates into the guide, between its markers."""
    text = path.read_text(encoding="utf-8")
    path.write_text(with_part(text, BEGIN, arithmetic(read_section(BATCH)), END), encoding="utf-8")


def arithmetic(record: dict[str, Any] | None) -> str:
    """Return the guide's tables, or one sentence if something was not measured yet."""
    found = {} if record is None else record["found"]
    samplings = {name.removeprefix("rates, "): of for name, of in found.items() if name.startswith("rates, ")}
    scaling = {name.removeprefix("scaling, "): of for name, of in found.items() if name.startswith("scaling, ")}
    if record is None or not samplings or not scaling:
        return _NOT_YET
    efficiency = min(of["ratio"] / 2 for of in scaling.values())
    price, memory_gb = found["inputs"]["price"], _memory_gb(scaling)
    parts = [_measured(record, samplings), _inputs(price, efficiency, scaling, found["rows"])]
    for hours, within_h, words in CORPORA:
        head = f"**{hours:,} hours of video**, {words}:\n\n" + _HEAD
        rows = [
            _corpus_row(
                f"{_size(clip)}, {sampling}", hours, within_h, clip, efficiency, price, memory_gb, found["rows"]
            )
            for sampling, clips in samplings.items()
            for clip in clips.values()
        ]
        parts.append("\n".join([head, *rows, ""]))
    return "\n".join(parts)


_HEAD = "| video | core-hours | cores | memory, GB | timelines, GB | cost |\n|---|---:|---:|---:|---:|---:|"


def _measured(record: dict[str, Any], samplings: dict[str, dict[str, Any]]) -> str:
    head = (
        f"Measured by `python -m bench batch` on {record['date']} at commit {record['commit']}, {record['processor']}, "
        "one worker on one core:\n\n"
        "| video | size | video, s | work, s | hours of video per core-hour | faces per second of video |\n"
        "|---|---|---:|---:|---:|---:|"
    )
    rows = [
        f"| {name}, {sampling} | {clip['width']}×{clip['height']} | {clip['duration_s']:.1f} | {clip['work_s']:.2f} "
        f"| {clip['duration_s'] / clip['work_s']:.1f} | {clip['faces'] / clip['duration_s']:.1f} |"
        for sampling, clips in samplings.items()
        for name, clip in clips.items()
    ]
    return "\n".join([head, *rows, ""])


def _inputs(price: float, efficiency: float, scaling: dict[str, Any], rows: dict[str, float]) -> str:
    ratios = ", ".join(f"{of['ratio']:.2f} × with {engine}" for engine, of in scaling.items())
    return (
        f"Two workers did {ratios} the work of one, so each of several cores counts as {efficiency:.0%} of a single "
        f"one. A worker used at most {_memory_gb(scaling):.2f} GB. A timeline takes {rows['bytes_per_face']:.0f} "
        f"bytes per row plus {rows['bytes_per_file'] / 1000:.0f} kB per file. Assumptions, to be replaced by your own: "
        f"{price:g} per core-hour, videos of {VIDEO_MINUTES} minutes. Storage and transfer of the videos are not "
        "included.\n"
    )


def _memory_gb(scaling: dict[str, Any]) -> float:
    return max(float(of["worker_mb"]) for of in scaling.values()) / 1024


def _corpus_row(
    words: str,
    hours: float,
    within_h: float,
    clip: dict[str, float],
    efficiency: float,
    price: float,
    worker_gb: float,
    rows: dict[str, float],
) -> str:
    needed = core_hours(hours, clip["work_s"], clip["duration_s"], efficiency)
    cores = math.ceil(needed / within_h)
    room = storage_bytes(hours, clip["faces"] / clip["duration_s"], rows["bytes_per_face"], rows["bytes_per_file"])
    memory_gb = cores * worker_gb
    return f"| {words} | {needed:,.0f} | {cores:,} | {memory_gb:,.0f} | {room / 1e9:,.1f} | {needed * price:,.0f} |"


def _size(clip: dict[str, float]) -> str:
    return f"{clip['height']:.0f}p"


def batch_tables(found: dict[str, dict[str, Any]]) -> str:
    """Return a table that compares one worker with two, and a table of batches with a worker killed in mid-run."""
    scaling = {name.partition(", ")[2]: of for name, of in found.items() if name.startswith("scaling, ")}
    killed = {name.partition(", ")[2]: of for name, of in found.items() if name.startswith("kill, ")}
    parts = []
    if scaling:
        head = "workers on one machine | one, frames/s | two, frames/s | two ÷ one | time spent on analysis"
        parts += [f"| {head} |\n|---|---:|---:|---:|---:|"]
        parts += [_scaling_row(name, of) for name, of in scaling.items()]
        parts += [""]
    if killed:
        head = "one of two workers killed | clips | finished before | timelines in the end | errors | second run"
        parts += [f"| {head} |\n|---|---:|---:|---:|---|---|"]
        parts += [_killed_row(name, of) for name, of in killed.items()]
        parts += [""]
    return "\n".join(parts)


def _scaling_row(name: str, of: dict[str, Any]) -> str:
    return f"| {name} | {of['one']:.0f} | {of['two']:.0f} | {of['ratio']:.2f} | {min(of['busy']):.0%} |"


def _killed_row(name: str, of: dict[str, Any]) -> str:
    errors = ", ".join(f"{count} {kind}" for kind, count in of["errors"].items())
    whole = "every clip once" if of["every_clip_once"] and not of["without_reason"] else "NOT every clip once"
    rerun = f"{of['rerun_changed']} rewritten, {of['rerun_s']:.0f} s"
    cells = [of["clips"], of["timelines_when_killed"], f"{of['timelines']}, {whole}", errors, rerun]
    return f"| {name} | {' | '.join(str(cell) for cell in cells)} |"
