"""Writes Markdown tables of the live page's figures."""

from __future__ import annotations

from typing import Any


def live_tables(found: dict[str, dict[str, Any]]) -> str:
    """Return a table for each part that was measured."""
    tables = {"speed": _speed, "large": _large, "crowd": _crowd, "faults": _faults}
    return "\n".join(show(found[part]) for part, show in tables.items() if part in found)


def _speed(found: dict[str, Any]) -> str:
    rows = {
        "frames sent by the browser, per second": f"{found['sent_fps']:.1f}",
        "frames returned, per second": f"{found['returned_fps']:.1f}",
        "frames analysed, per second": f"{found['analysed_fps']:.1f}",
        "server time per frame, median of the run, ms": f"{found['median_ms']:.0f}",
        "server time per frame, 95th percentile, worst five seconds, ms": f"{found['worst_p95_ms']}",
        "server memory at the start, at the end, peak, MB": (
            f"{found['memory_start_mb']:.0f}, {found['memory_end_mb']:.0f}, {found['memory_peak_mb']:.0f}"
        ),
        "leading expression; of the same clip without a browser": f"{found['leading']}; {found['expected']}",
        "quality, number of readings": ", ".join(f"{name} {count}" for name, count in found["quality"].items()),
    }
    head = f"| one visitor, 640×480, {found['seconds']:.0f} s, {found['clip']} | |\n|---|---:|"
    return "\n".join([head, *(f"| {name} | {value} |" for name, value in rows.items()), ""])


def _large(found: dict[str, Any]) -> str:
    head = f"| 1280×720, {found['rounds']} rounds of {found['seconds']:.0f} s in turn, {found['clip']} | |\n|---|---:|"
    rows = [
        f"| frames returned by a page without analysis, per second | {found['echo_fps']:.1f} |",
        f"| frames returned by the live page, per second | {found['live_fps']:.1f} |",
        f"| live page ÷ page without analysis | {found['share_of_echo']:.2f} |",
    ]
    return "\n".join([head, *rows, ""])


def _crowd(found: dict[str, Any]) -> str:
    columns = (
        "clip",
        "expected",
        "leading",
        "person IDs",
        "analysed, per second",
        "lowest in five seconds",
        "returned",
    )
    head = f"| {len(found['visitors'])} visitors at once, 640×480, {found['seconds']:.0f} s: {' | '.join(columns)} |"
    rows = [
        f"| {one['clip']} | {one['expected']} | {one['leading']} | {', '.join(map(str, one['ids']))} "
        f"| {one['analysed_fps']:.1f} | {one['least_analysed_fps']:.1f} | {one['returned_fps']:.1f} |"
        for one in found["visitors"]
    ]
    message = f"Message to one more visitor: “{found['one_too_many']}”"
    return "\n".join([head, "|---|---|---|---|" + "---:|" * 3, *rows, "", message, ""])


def _faults(found: dict[str, Any]) -> str:
    rows = [f"| {what} | {_message(one)} | {_saved(one)} |" for what, one in found.items()]
    return "\n".join(["| fault | message on the page | saved, or still open |", "|---|---|---|", *rows, ""])


def _message(fault: dict[str, Any]) -> str:
    after = f" (after {fault['said_after_s']:.1f} s)" if "said_after_s" in fault else ""
    return f"{fault.get('words', '')}{after}"


def _saved(fault: dict[str, Any]) -> str:
    if "counts" in fault:
        left = [visit["left"] for visit in fault["counts"]]
        each = {name: ", ".join(f"{count[name]:.0f}" for count in left) for name in ("threads", "files", "memory_mb")}
        return f"after each visit {each['threads']} threads; {each['files']} open files; {each['memory_mb']} MB"
    if "kept_s" in fault:
        return f"the page showed “{fault['shown_s']}”; the library has {fault['kept_s']:.1f} s, {fault['state']}"
    return "the recording, which the page links to" if fault.get("kept") else ""
