"""The Markdown tables of the live page's figures."""

from __future__ import annotations

from typing import Any


def live_tables(found: dict[str, dict[str, Any]]) -> str:
    """Return a table for each part that was measured; no figure is typed by hand."""
    tables = {"speed": _speed, "large": _large, "crowd": _crowd, "faults": _faults}
    return "\n".join(show(found[part]) for part, show in tables.items() if part in found)


def _speed(found: dict[str, Any]) -> str:
    rows = {
        "pictures the browser sent, per second": f"{found['sent_fps']:.1f}",
        "pictures that came back, per second": f"{found['returned_fps']:.1f}",
        "analysed, per second": f"{found['analysed_fps']:.1f}",
        "in the server, median over the run, ms": f"{found['median_ms']:.0f}",
        "in the server, 95% within, worst five seconds, ms": f"{found['worst_p95_ms']}",
        "the server's memory at the start, the end, the most, MB": (
            f"{found['memory_start_mb']:.0f}, {found['memory_end_mb']:.0f}, {found['memory_peak_mb']:.0f}"
        ),
        "leading expression; of the same file without a browser": f"{found['leading']}; {found['expected']}",
        "quality, looks": ", ".join(f"{words} {count}" for words, count in found["quality"].items()),
    }
    head = f"| one visitor, 640×480, {found['seconds']:.0f} s, {found['clip']} | |\n|---|---:|"
    return "\n".join([head, *(f"| {words} | {value} |" for words, value in rows.items()), ""])


def _large(found: dict[str, Any]) -> str:
    head = f"| 1280×720, {found['rounds']} rounds of {found['seconds']:.0f} s in turn, {found['clip']} | |\n|---|---:|"
    rows = [
        f"| pictures that a bare echo returned, per second | {found['echo_fps']:.1f} |",
        f"| the live page, per second | {found['live_fps']:.1f} |",
        f"| the live page ÷ the bare echo | {found['share_of_echo']:.2f} |",
    ]
    return "\n".join([head, *rows, ""])


def _crowd(found: dict[str, Any]) -> str:
    columns = ("clip", "expected", "leading", "ids", "analysed, per second", "least of five seconds", "returned")
    head = f"| {len(found['visitors'])} visitors at once, 640×480, {found['seconds']:.0f} s: {' | '.join(columns)} |"
    rows = [
        f"| {one['clip']} | {one['expected']} | {one['leading']} | {', '.join(map(str, one['ids']))} "
        f"| {one['analysed_fps']:.1f} | {one['least_analysed_fps']:.1f} | {one['returned_fps']:.1f} |"
        for one in found["visitors"]
    ]
    said = f"Who came on top of them read: “{found['one_too_many']}”"
    return "\n".join([head, "|---|---|---|---|" + "---:|" * 3, *rows, "", said, ""])


def _faults(found: dict[str, Any]) -> str:
    rows = [f"| {what} | {_words(one)} | {_kept(one)} |" for what, one in found.items()]
    return "\n".join(
        ["| what happens | what the page says | what is kept, what is left behind |", "|---|---|---|", *rows, ""]
    )


def _words(fault: dict[str, Any]) -> str:
    after = f" (after {fault['said_after_s']:.1f} s)" if "said_after_s" in fault else ""
    return f"{fault.get('words', '')}{after}"


def _kept(fault: dict[str, Any]) -> str:
    if "counts" in fault:
        left = [visit["left"] for visit in fault["counts"]]
        each = {name: ", ".join(f"{count[name]:.0f}" for count in left) for name in ("threads", "files", "memory_mb")}
        return f"after each visit {each['threads']} threads; {each['files']} open files; {each['memory_mb']} MB"
    if "kept_s" in fault:
        return f"the page had said “{fault['shown_s']}”; the library has {fault['kept_s']:.1f} s, {fault['state']}"
    return "the recording, which the page links to" if fault.get("kept") else ""
