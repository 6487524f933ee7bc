"""Writes the Markdown tables of ``python -m tests.stress``: kills, soak test and visits."""

from __future__ import annotations

from typing import Any

_KINDS = {
    "worker": "the worker of an analysis",
    "server": "the server's dispatcher",
    "machine": "dispatcher and worker together",
    "connection": "a connection to PostgreSQL",
    "database": "a PostgreSQL process (the server then recovers)",
}
_COUNTS = {
    "rounds": "rounds",
    "killed": "kills",
    "resumed": "interrupted and resumed",
    "done": "completed",
    "identical": "bit-identical results",
    "files_left": "leftover files",
    "processes_left": "leftover processes",
}
_FIGURES = {
    "rss_mb": ("the server's memory (RSS), MB", "{:.0f}"),
    "pss_mb": ("the server's memory (PSS), MB", "{:.0f}"),
    "threads": ("the server's threads", "{:.0f}"),
    "files": ("the server's files and sockets", "{:.0f}"),
    "children": ("the server's child processes", "{:.0f}"),
    "connections": ("connections to PostgreSQL, with workers'", "{:.0f}"),
}


def fuzz_table(found: dict[str, Any]) -> str:
    """Return the table of files read and failures."""
    rows = [
        f"| {reader} | {run['minutes']:.0f} | {run['executed']:,} | {len(run['finds'])} |"
        for reader, run in found.items()
    ]
    head = "| reader | minutes | files read | failures |\n|---|---:|---:|---:|"
    note = "Files that made a reader fail are kept in `tests/fuzz/finds`, and every test run reads them.\n"
    return "\n".join([head, *rows, "", note])


def kills_table(found: dict[str, dict[str, Any]]) -> str:
    """Return a table with a row for each process that was killed."""
    head = f"| killed | {' | '.join(_COUNTS.values())} |\n|---|{'---:|' * len(_COUNTS)}"
    rows = [
        f"| {words} | {' | '.join(str(found[kind][figure]) for figure in _COUNTS)} |"
        for kind, words in _KINDS.items()
        if kind in found
    ]
    note = (
        "Each round analyses a part of a real clip, kills the process several times, and compares the timeline and "
        "the table of frames bit for bit with those of an undisturbed run.\n"
    )
    return "\n".join([head, *rows, "", note])


def soak_table(found: dict[str, dict[str, Any]]) -> str:
    """Return a table of memory and counts in two quarters of the run, and whether they stayed flat."""
    course = found["course"]
    titles = ("", "second quarter", "last quarter", "last ÷ second", "maximum", "flat")
    head = f"| {' | '.join(titles)} |\n|---|{'---:|' * 4}---|"
    rows = []
    for figure, (words, form) in _FIGURES.items():
        one = found[figure]
        cells = [form.format(one[key]) for key in ("second", "last")]
        flat = "yes" if one["flat"] else "no"
        rows.append(f"| {words} | {' | '.join(cells)} | {one['ratio']:.2f} | {form.format(one['most'])} | {flat} |")
    note = (
        f"{course['visitors']} signed-in visitors in one Chromium, on the same machine, analysed {course['analyses']} "
        f"clips of {course['clip_s']:.1f} s in {course['minutes']:.1f} minutes. {course['done']} were completed in the "
        f"library of their owner, {course['strays']} in another one. {course['samples']} samples were taken, one every "
        f"{course['sample_s']:.0f} s. The table shows the median memory of a quarter, but its lowest counts, because "
        f"leaks remain. Flat means that memory grew by at most {course['allowed_share']:.0%}, and a count by at most "
        f"{course['allowed_share']:.0%} or {course['allowed_count']}.\n"
    )
    return "\n".join([head, *rows, "", note])


def visits_table(found: dict[str, dict[str, Any]]) -> str:
    """Return a table with a row for each kind of visit: the idle server before and after these visits."""
    figures = {figure: _FIGURES[figure] for figure in ("rss_mb", "pss_mb", "threads", "files")}
    head = f"| | visits | {' | '.join(words for words, _ in figures.values())} | flat |\n|---|---:|{'---:|' * 4}---|"
    rows = []
    for kind, one in found.items():
        cells = [
            f"{form.format(one[name]['before'])} → {form.format(one[name]['after'])}"
            for name, (_, form) in figures.items()
        ]
        flat = "yes" if all(one[name]["flat"] for name in figures) else "no"
        rows.append(f"| {kind} | {one['count']:,} | {' | '.join(cells)} | {flat} |")
    rest_s = next(iter(found.values()))["rest_s"]
    note = (
        f"Each cell shows the idle server before and after, {rest_s:.0f} s after the last visitor left. A fifth as "
        "many visits of every kind came before the first measurement, and the figures after one kind are those before "
        "the next. Uploads are cancelled while their bytes arrive. Flat means that memory grew by at most 5%, and a "
        "count by at most 5% or two.\n"
    )
    return "\n".join([head, *rows, "", note])
