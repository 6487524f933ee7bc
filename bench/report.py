"""The Markdown table of one run."""

from __future__ import annotations

from typing import Any


def markdown(record: dict[str, Any]) -> str:
    """Return the tables of a run's record; no figure is typed by hand."""
    parts = [
        _title(record),
        _clips(record),
        _stages(record["stages"]),
        _memory(record["memory"]),
        _library(record["library"]),
    ]
    return "\n".join(parts) + "\n"


def _title(record: dict[str, Any]) -> str:
    return (
        f"# Speed and memory\n\nWritten by `make bench` on {record['date']} at commit {record['commit']}: "
        f"{record['processor']}, {record['cores']} cores, Python {record['python']}. "
        "Every frame is followed and every face classified. Compare rows of one run only.\n"
    )


def _clips(record: dict[str, Any]) -> str:
    head = (
        "| clip | decoding alone, frames/s | analysis, frames/s | analysis ÷ decoding | peak memory, MB |\n"
        "|---|---:|---:|---:|---:|"
    )
    rows = [
        f"| {name} | {clip['decode_fps']:.0f} | {clip['analysis_fps']:.0f} | {clip['share_of_decode']:.2f} "
        f"| {clip['peak_mb']:.0f} |"
        for name, clip in record["clips"].items()
    ]
    if fer := record["fer"]:
        slower = record["clips"][fer["clip"]]["analysis_fps"] / fer["fps"]
        rows.append(f"| {fer['clip']} with the package fer, {slower:.0f} times slower | | {fer['fps']:.1f} | | |")
    return "\n".join([head, *rows, ""])


def _stages(stages: dict[str, Any]) -> str:
    rows = [
        f"| {stage} | {cost['ms_per_frame']:.2f} | {cost['ms_per_call']:.2f} | {cost['calls']} |"
        for stage, cost in stages.items()
        if stage != "clip"
    ]
    title = f"## Stages on {stages['clip']}, one thread\n"
    head = "| stage | ms per frame | ms per call | calls |\n|---|---:|---:|---:|"
    return "\n".join([title, head, *rows, ""])


def _memory(memory: dict[str, Any]) -> str:
    (_, once), (loops, longer) = memory.items()
    return (
        f"## Memory\n\nA video {loops} times as long ({longer['frames']} instead of {once['frames']} frames) adds "
        f"{longer['peak_mb'] - once['peak_mb']:.1f} MB to the peak of {once['peak_mb']:.0f} MB.\n"
    )


def _library(library: dict[str, dict[str, float]]) -> str:
    questions = next(iter(library.values()))
    head = f"| question, ms | {' | '.join(library)} |\n|---|{'---:|' * len(library)}"
    rows = [
        f"| {question} | {' | '.join(f'{answers[question]:.0f}' for answers in library.values())} |"
        for question in questions
    ]
    return "\n".join(["## A library of 1,000 analyses, slowest of five answers\n", head, *rows, ""])
