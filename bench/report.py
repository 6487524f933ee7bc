"""The Markdown tables: of one run over all clips, and of the sections that are measured by themselves."""

from __future__ import annotations

from typing import Any

from bench.batch.guide import batch_tables
from bench.common.processor import GOALS, TIMES_FER
from bench.common.records import (
    API,
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
from bench.stress_tables import kills_table, soak_table, visits_table

README = RESULTS / "README.md"
_STRESS = ("fuzz", "kills", "soak", "visits")
_SECTIONS = "<!-- measured by themselves -->\n"


def markdown(record: dict[str, Any]) -> str:
    """Return the tables of a run's record; no figure is typed by hand."""
    parts = [
        _title(record),
        _clips(record),
        _goals(record),
        _stages(record["stages"]),
        _memory(record["memory"]),
    ]
    return "\n".join(parts) + "\n"


def write_readme() -> str:
    """Bring the page of results up to date with the sections as they were measured last, and return it."""
    text = with_sections(README.read_text(encoding="utf-8"))
    README.write_text(text, encoding="utf-8")
    return text


def with_sections(text: str) -> str:
    """Return a run's tables with those of the sections as they were measured last."""
    sections = {
        LIBRARY: _library,
        LONG_VIDEO: _long_video,
        LIVE: _live,
        FUZZ: _fuzz,
        KILLS: _kills,
        SOAK: _soak,
        VISITS: _visits,
        BATCH: _batch,
        TRAINING: _training,
        FALSE_FACES: _false_faces,
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
        "Every frame is followed and every face classified. Compare rows of one run only.\n"
    )


def _clips(record: dict[str, Any]) -> str:
    head = (
        "| clip | decoding alone, frames/s | analysis, frames/s | analysis ÷ decoding "
        "| decoding, CPU ms per frame | analysis, CPU ms per frame | peak memory, MB |\n"
        "|---|---:|---:|---:|---:|---:|---:|"
    )
    rows = [
        f"| {name} | {clip['decode_fps']:.0f} | {clip['analysis_fps']:.0f} | {clip['share_of_decode']:.2f} "
        f"| {clip['decode_cpu_ms']:.2f} | {clip['analysis_cpu_ms']:.2f} | {clip['peak_mb']:.0f} |"
        for name, clip in record["clips"].items()
    ]
    if fer := record["fer"]:
        rows.append(f"| {fer['clip']} with the package fer | | {fer['fps']:.1f} | | | | |")
    return "\n".join([head, *rows, ""])


def _goals(record: dict[str, Any]) -> str:
    """Return what the reference clip is to reach on such a machine, beside what it reached."""
    name, kind = record["stages"]["clip"], record["kind"]
    clip, goal, fer = record["clips"][name], GOALS.get(kind), record["fer"]
    asked = "no share is asked for" if goal is None else f"at least {goal:.2f} is asked for"
    parts = [f"on a CPU of this kind ({kind}) {asked}; {clip['share_of_decode']:.2f} was reached"]
    if fer:
        times = clip["analysis_fps"] / fer["fps"]
        parts.append(f"{TIMES_FER} times the rate of the package fer is asked for; {times:.0f} times was reached")
    return f"{name}, analysis ÷ decoding: {'. '.join(parts)}.\n"


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
    questions = next(iter(library.values()))
    head = f"| question, ms | {' | '.join(library)} |\n|---|{'---:|' * len(library)}"
    rows = [
        f"| {question} | {' | '.join(f'{answers[question]:.0f}' for answers in library.values())} |"
        for question in questions
    ]
    title = "## A library of 1,000 analyses, slowest of several answers\n"
    return "\n".join([title, _measured("library", record), head, *rows, ""])


_LONG_VIDEO = {
    "frames": ("analysed frames", "{:,.0f}"),
    "rows": ("faces", "{:,.0f}"),
    "people": ("tracks", "{:,.0f}"),
    "frames_per_s": ("analysed frames per second, beside other work", "{:.0f}"),
    "timeline_mb": ("timeline as Parquet, MB", "{:.1f}"),
    "peak_mb": ("peak memory of the worker, MB", "{:.0f}"),
    "player_marks": ("marks of the player's chart", "{:,.0f}"),
    "timeline_marks": ("marks of the timeline", "{:,.0f}"),
    "part_marks": ("marks of a fifth of it", "{:,.0f}"),
    "overview_marks": ("marks of the overview", "{:,.0f}"),
    "first_run_s": ("the page's script, first run, s", "{:.2f}"),
    "next_run_s": ("the page's script, next run, s", "{:.2f}"),
    "shown_s": ("from the address to the chart, in Chromium, s", "{:.2f}"),
    "seek_ms": ("from a click on the chart to the readout, ms", "{:.1f}"),
}


def _long_video(record: dict[str, Any]) -> str:
    found = record["found"]
    shares = next(iter(found.values()))["memory_mb"]
    rows = [
        _row(f"the worker's memory at {share}, MB", [f"{one['memory_mb'][share]:.0f}" for one in found.values()])
        for share in shares
    ]
    for figure, (words, form) in _LONG_VIDEO.items():
        rows.append(_row(words, [form.format(one[figure]) if figure in one else "" for one in found.values()]))
    hours = next(iter(found.values()))["hours"]
    title = f"## A video of {hours:.0f} hours at 5 frames per second, made by repeating a clip\n"
    head = f"| | {' | '.join(found)} |\n|---|{'---:|' * len(found)}"
    return "\n".join([title, _measured("long-video` and `python -m bench long-page", record), head, *rows, ""])


def _live(record: dict[str, Any]) -> str:
    title = "## The live page in Chromium, a clip as its camera, browser and server on the same machine\n"
    return "\n".join([title, _measured("live", record), live_tables(record["found"])])


def _false_faces(record: dict[str, Any]) -> str:
    rows = [
        f"| {group} | {row['pictures']:,} | {row['before']:,} | {row['after']:,} |"
        for group, row in record["found"].items()
    ]
    title = "## Faces found before and after new faces are checked\n"
    head = "| pictures of | pictures | faces before | after |\n|---|---:|---:|---:|"
    note = "Weights and limit of the check are chosen on one half of the pictures, by a hash of the name.\n"
    return "\n".join([title, _measured("false-faces", record), note, head, *rows, ""])


def _fuzz(record: dict[str, Any]) -> str:
    rows = [
        f"| {target} | {course['minutes']:.0f} | {course['executed']:,} | {len(course['finds'])} |"
        for target, course in record["found"].items()
    ]
    title = "## Files made to break the readers\n"
    head = "| reader | minutes | files read | broke it |\n|---|---:|---:|---:|"
    note = "What broke a reader is kept in `tests/fuzz/finds`, and every test run reads it.\n"
    return "\n".join([title, _measured("fuzz", record), head, *rows, "", note])


def _batch(record: dict[str, Any]) -> str:
    title = "## Batches of short clips\n"
    return "\n".join([title, _measured("batch", record), batch_tables(record["found"])])


def _kills(record: dict[str, Any]) -> str:
    title = "## Processes killed at random moments\n"
    return "\n".join([title, _measured("kills", record), kills_table(record["found"])])


def _soak(record: dict[str, Any]) -> str:
    title = "## Ten visitors for a while\n"
    return "\n".join([title, _measured("soak", record), soak_table(record["found"])])


def _visits(record: dict[str, Any]) -> str:
    title = "## Visitors who come and go\n"
    return "\n".join([title, _measured("visits", record), visits_table(record["found"])])


def _training(record: dict[str, Any]) -> str:
    rows = [f"| {way} | {step['ms']:.0f} | {step['share']:.2f} |" for way, step in record["found"].items()]
    title = "## A step of training the default network\n"
    head = "| | ms | of the first |\n|---|---:|---:|"
    return "\n".join([title, _measured("training", record), head, *rows, ""])


def _row(words: str, cells: list[str]) -> str:
    return f"| {words} | {' | '.join(cells)} |"


def _measured(section: str, record: dict[str, Any]) -> str:
    program = "tests.stress" if section in _STRESS else "bench"
    return measured_line(f"{program} {section}", record)
