"""The Markdown tables of kills, of the soak and of visits."""

from __future__ import annotations

from typing import Any

_KINDS = {
    "worker": "the worker of an analysis",
    "server": "the server's dispatcher",
    "machine": "dispatcher and worker at once",
    "connection": "a connection to PostgreSQL",
    "database": "a process of PostgreSQL, which then recovers",
}
_COURSE = {
    "rounds": "rounds",
    "killed": "kills",
    "resumed": "broke off and resumed",
    "done": "done",
    "identical": "identical to the last bit",
    "files_left": "files left behind",
    "processes_left": "processes left behind",
}
_FIGURES = {
    "rss_mb": ("the server's memory (RSS), MB", "{:.0f}"),
    "pss_mb": ("the server's memory (PSS), MB", "{:.0f}"),
    "threads": ("the server's threads", "{:.0f}"),
    "files": ("the server's files and sockets", "{:.0f}"),
    "children": ("the server's child processes", "{:.0f}"),
    "connections": ("connections to PostgreSQL, with workers'", "{:.0f}"),
}


def kills_table(found: dict[str, dict[str, Any]]) -> str:
    """Return a row for each kind of kill."""
    head = f"| killed | {' | '.join(_COURSE.values())} |\n|---|{'---:|' * len(_COURSE)}"
    rows = [
        f"| {words} | {' | '.join(str(found[kind][figure]) for figure in _COURSE)} |"
        for kind, words in _KINDS.items()
        if kind in found
    ]
    note = (
        "Each round analyses a part of a real clip, kills several times, and compares with a run that nothing "
        "disturbed: every bit of the timeline and of the frames.\n"
    )
    return "\n".join([head, *rows, "", note])


def soak_table(found: dict[str, dict[str, Any]]) -> str:
    """Return a row for each figure: how it was in two quarters of the run, and whether it stayed flat."""
    course = found["course"]
    titles = ("", "second quarter", "last quarter", "last ÷ second", "most", "flat")
    head = f"| {' | '.join(titles)} |\n|---|{'---:|' * 4}---|"
    rows = []
    for figure, (words, form) in _FIGURES.items():
        one = found[figure]
        cells = [form.format(one[key]) for key in ("second", "last")]
        flat = "yes" if one["flat"] else "no"
        rows.append(f"| {words} | {' | '.join(cells)} | {one['ratio']:.2f} | {form.format(one['most'])} | {flat} |")
    note = (
        f"{course['visitors']} signed-in visitors in one Chromium, on the same machine, analysed {course['analyses']} "
        f"clips of {course['clip_s']:.1f} s in {course['minutes']:.1f} minutes; {course['done']} are done, each in the "
        f"library of whoever brought it, and {course['strays']} elsewhere. Samples were taken every "
        f"{course['sample_s']:.0f} s, {course['samples']} in all; of memory the median of a quarter "
        f"is shown, of what is counted the least, as what leaks stays. Flat is what grew by no more than "
        f"{course['allowed_share']:.0%}, or by no more than {course['allowed_count']} of what is counted.\n"
    )
    return "\n".join([head, *rows, "", note])


def visits_table(found: dict[str, dict[str, Any]]) -> str:
    """Return a row for each kind of visit: the server at rest before and after it."""
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
        f"At rest before and after, each time {rest_s:.0f} s after the last visitor left; a fifth as many visits of "
        "every kind came before the first look, and what is seen after one kind is the start of the next. Uploads are "
        "given up while their bytes arrive. Flat is what grew by no more than 5%, or by no more than two of what is "
        "counted.\n"
    )
    return "\n".join([head, *rows, "", note])
