"""Writes ``bench/results/README.md``: the tables of a run over all clips, and those of the sections."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bench.avx2.table import avx2_table
from bench.batch.guide import batch_tables
from bench.common.processor import GOALS, TIMES_FER
from bench.common.records import (
    API,
    AVX2_ONLY,
    BATCH,
    FALSE_FACES,
    FUZZ,
    HTTP_API,
    KILLS,
    LIBRARY,
    LIVE,
    LIVE_ENGINE,
    LONG_VIDEO,
    RESULTS,
    SOAK,
    STREAMS,
    STUDIES,
    TRAINING,
    UPSIDE_DOWN,
    VISITS,
    measured_line,
    read_section,
)
from bench.live.table import live_tables
from bench.program_tables import (
    ELSEWHERE,
    http_api_table,
    invented_requests_table,
    live_engine_table,
    streams_table,
    studies_table,
)
from bench.stress_tables import fuzz_table, kills_table, soak_table, visits_table

README = RESULTS / "README.md"
_STRESS = ("fuzz", "kills", "soak", "visits")
_SECTIONS = "<!-- measured by themselves -->\n"
_LIVE_TITLE = "The live page in Chromium with a clip as the camera, browser and server on one machine"


def markdown(record: dict[str, Any]) -> str:
    """Return the tables of a run over all clips."""
    parts = [
        _title(record),
        _clips(record),
        _goals(record),
        _stages(record["stages"]),
        _memory(record["memory"]),
    ]
    return "\n".join(parts) + "\n"


def write_readme() -> str:
    """Write the latest sections into the page of results, and return it."""
    text = with_sections(README.read_text(encoding="utf-8"))
    README.write_text(text, encoding="utf-8")
    return text


def with_sections(text: str) -> str:
    """Return a page with its tables of sections replaced by the latest ones."""
    sections: dict[str, Callable[[dict[str, Any]], str]] = {
        AVX2_ONLY: partial(_section, AVX2_ONLY, "This machine with AVX2 alone", avx2_table),
        LIBRARY: _library,
        LONG_VIDEO: _long_video,
        LIVE: partial(_section, LIVE, _LIVE_TITLE, live_tables),
        FUZZ: partial(_section, FUZZ, "Fuzzing of the file readers", fuzz_table),
        KILLS: partial(_section, KILLS, "Processes killed at random moments", kills_table),
        SOAK: partial(_section, SOAK, "Soak test with ten visitors", soak_table),
        VISITS: partial(_section, VISITS, "The server before and after many visits", visits_table),
        BATCH: partial(_section, BATCH, "Batches of short clips", batch_tables),
        TRAINING: _training,
        FALSE_FACES: _false_faces,
        UPSIDE_DOWN: _upside_down,
        HTTP_API: http_api_table,
        API: invented_requests_table,
        STREAMS: streams_table,
        LIVE_ENGINE: live_engine_table,
        STUDIES: studies_table,
    }
    records = {name: read_section(name) for name in sections}
    tables = [show(record) for name, show in sections.items() if (record := records[name]) is not None]
    return "\n".join([text.partition(_SECTIONS)[0].rstrip(), "", _SECTIONS, *tables, ELSEWHERE])


def _title(record: dict[str, Any]) -> str:
    return (
        f"# Speed and memory\n\nWritten by `make bench` on {record['date']} at commit {record['commit']}: "
        f"{record['processor']} ({record['kind']}), {record['cores']} cores, Python {record['python']}. "
        "Faces are tracked and classified in every frame; *expressions* leaves out eyes and movements, which are on by "
        "default. Compare rows of one run only.\n"
    )


def _clips(record: dict[str, Any]) -> str:
    head = (
        "| clip | decoding alone, frames/s | expressions, frames/s | expressions ÷ decoding | everything, frames/s "
        "| decoding, CPU ms per frame | expressions, CPU ms | everything, CPU ms | peak memory, MB |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    )
    rows = [
        f"| {name} | {clip['decode_fps']:.0f} | {clip['expressions_fps']:.0f} | {clip['share_of_decode']:.2f} "
        f"| {clip['analysis_fps']:.0f} | {clip['decode_cpu_ms']:.2f} | {clip['expressions_cpu_ms']:.2f} "
        f"| {clip['analysis_cpu_ms']:.2f} | {clip['peak_mb']:.0f} |"
        for name, clip in record["clips"].items()
    ]
    if fer := record["fer"]:
        rows.append(f"| {fer['clip']} with the package fer | | {fer['fps']:.1f} | | | | | | |")
    return "\n".join([head, *rows, ""])


def _goals(record: dict[str, Any]) -> str:
    """Return the rates of the reference clip and their targets on this kind of CPU."""
    name, kind = record["stages"]["clip"], record["kind"]
    clip, goal, fer = record["clips"][name], GOALS.get(kind), record["fer"]
    target = "no target" if goal is None else f"target at least {goal:.2f}"
    parts = [f"expressions ÷ decoding is {clip['share_of_decode']:.2f} ({target} on a CPU with {kind})"]
    if fer:
        times = clip["expressions_fps"] / fer["fps"]
        parts.append(f"the rate is {times:.0f} times that of the package fer (target {TIMES_FER} times)")
    return f"{name}: {'; '.join(parts)}.\n"


def _stages(stages: dict[str, Any]) -> str:
    rows = [
        f"| {stage} | {cost['ms_per_frame']:.2f} | {cost['ms_per_call']:.2f} | {cost['calls']} "
        f"| {_millions(cost['multiply_adds_per_call'])} |"
        for stage, cost in stages.items()
        if stage != "clip"
    ]
    title = f"## Stages on {stages['clip']}, CPU time of one thread\n"
    head = "| stage | ms per frame | ms per call | calls | M multiply-adds per call |\n|---|---:|---:|---:|---:|"
    return "\n".join([title, head, *rows, ""])


def _millions(count: int | None) -> str:
    if count is None:
        return "not countable"
    return f"{count / 1e6:.1f}" if count else ""


def _memory(memory: dict[str, Any]) -> str:
    (_, once), (loops, longer) = memory.items()
    return (
        f"## Memory\n\nA video {loops} times as long ({longer['frames']} instead of {once['frames']} frames) adds "
        f"{longer['peak_mb'] - once['peak_mb']:.1f} MB to the peak of {once['peak_mb']:.0f} MB.\n"
    )


def _library(record: dict[str, Any]) -> str:
    library = record["found"]
    queries = next(iter(library.values()))
    head = f"| query, ms | {' | '.join(library)} |\n|---|{'---:|' * len(library)}"
    rows = [f"| {query} | {' | '.join(f'{times[query]:.0f}' for times in library.values())} |" for query in queries]
    title = "## Response times of a library with 1,000 analyses, slowest of five\n"
    return "\n".join([title, _measured("library", record), head, *rows, ""])


_LONG_VIDEO = {
    "frames": ("analysed frames", "{:,.0f}"),
    "rows": ("faces", "{:,.0f}"),
    "people": ("tracks", "{:,.0f}"),
    "frames_per_s": ("analysed frames per second, while other programs ran", "{:.0f}"),
    "timeline_mb": ("timeline as Parquet, MB", "{:.1f}"),
    "peak_mb": ("peak memory of the worker, MB", "{:.0f}"),
    "player_marks": ("marks in the player's chart", "{:,.0f}"),
    "timeline_marks": ("marks in the timeline", "{:,.0f}"),
    "part_marks": ("marks in a fifth of the timeline", "{:,.0f}"),
    "overview_marks": ("marks in the overview", "{:,.0f}"),
    "first_run_s": ("the page's script, first run, s", "{:.2f}"),
    "next_run_s": ("the page's script, next run, s", "{:.2f}"),
    "shown_s": ("from opening the page to its chart, in Chromium, s", "{:.2f}"),
    "seek_ms": ("from a click on the chart to the new time shown, ms", "{:.1f}"),
}


def _long_video(record: dict[str, Any]) -> str:
    found = record["found"]
    shares = next(iter(found.values()))["memory_mb"]
    rows = [
        _row(
            f"memory of the worker at {share}, MB",
            [f"{one['memory_mb'][share]:.0f}" for one in found.values()],
        )
        for share in shares
    ]
    for figure, (label, form) in _LONG_VIDEO.items():
        rows.append(_row(label, [form.format(one[figure]) if figure in one else "" for one in found.values()]))
    hours = next(iter(found.values()))["hours"]
    title = f"## A video of {hours:.0f} hours at 5 frames per second, made by repeating a clip\n"
    head = f"| | {' | '.join(found)} |\n|---|{'---:|' * len(found)}"
    return "\n".join([title, _measured("long-video` and `python -m bench long-page", record), head, *rows, ""])


def _false_faces(record: dict[str, Any]) -> str:
    rows = [
        f"| {group} | {row['pictures']:,} | {row['before']:,} | {row['after']:,} |"
        for group, row in record["found"].items()
    ]
    title = "## Faces found before and after new faces are checked\n"
    head = "| pictures of | pictures | faces before | after |\n|---|---:|---:|---:|"
    note = "The check is fitted on one half of the pictures, chosen by a hash of the name.\n"
    return "\n".join([title, _measured("false-faces", record), note, head, *rows, ""])


def _upside_down(record: dict[str, Any]) -> str:
    rows = [
        f"| {group} | {row['pictures']:,} | {row['upright']:,} | {row['upright_rejected']:,} "
        f"| {row['turned']:,} | {row['turned_rejected']:,} |"
        for group, row in record["found"].items()
    ]
    title = "## Faces rejected as upside down\n"
    head = (
        "| pictures of | pictures | upright faces | rejected | found as upright when turned by 180° | rejected |\n"
        "|---|---:|---:|---:|---:|---:|"
    )
    return "\n".join([title, _measured("upside-down", record), head, *rows, ""])


def _section(name: str, title: str, tables: Callable[[dict[str, Any]], str], record: dict[str, Any]) -> str:
    return "\n".join([f"## {title}\n", _measured(name, record), tables(record["found"])])


def _training(record: dict[str, Any]) -> str:
    rows = [f"| {name} | {step['ms']:.0f} | {step['share']:.2f} |" for name, step in record["found"].items()]
    title = "## Training step\n"
    head = "| | ms | relative to the network's first |\n|---|---:|---:|"
    return "\n".join([title, _measured("training", record), head, *rows, ""])


def _row(label: str, cells: list[str]) -> str:
    return f"| {label} | {' | '.join(cells)} |"


def _measured(section: str, record: dict[str, Any]) -> str:
    program = "tests.stress" if section in _STRESS else "bench"
    return measured_line(f"{program} {section}", record)
