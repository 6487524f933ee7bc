"""The table of a machine as it is and with AVX2 alone."""

from __future__ import annotations

from typing import Any

from bench.common.processor import GOALS, TIMES_FER

_HOW = (
    "The same machine as it is, and with its AVX-512, VNNI and AMX instructions hidden (`bench/avx2/hide_avx512.c`): "
    "libraries use their code for AVX2. Clock rate and caches stay those of this machine.\n"
)


def avx2_table(found: dict[str, Any]) -> str:
    """Return the table of a measurement, from :func:`bench.avx2.measure.measure_avx2`."""
    runs = found.values()
    rows = [
        _row("decoding alone, frames/s", [f"{run['decode_fps']:.0f}" for run in runs]),
        _row("expressions, frames/s", [f"{run['expressions_fps']:.0f}" for run in runs]),
        _row("everything, frames/s", [f"{run['analysis_fps']:.0f}" for run in runs]),
        _row("expressions ÷ decoding", [f"{run['share_of_decode']:.2f}" for run in runs]),
        _row("target of expressions ÷ decoding", [f"{GOALS[kind]:.2f}" for kind in found]),
        _row(f"expressions ÷ the package fer (target {TIMES_FER})", [_times_fer(run) for run in runs]),
    ]
    for name in next(iter(runs))["one_face_ms"]:
        times = [f"{run['one_face_ms'][name]:.2f}" for run in runs]
        rows.append(_row(f"one face on one thread, ms: {name}", times))
    head = f"| {next(iter(runs))['clip']} | {' | '.join(found)} |\n|---|{'---:|' * len(found)}"
    return "\n".join([_HOW, head, *rows, ""])


def _times_fer(run: dict[str, Any]) -> str:
    return f"{run['expressions_fps'] / run['fer_fps']:.0f}" if run["fer_fps"] else "–"


def _row(label: str, cells: list[str]) -> str:
    return f"| {label} | {' | '.join(cells)} |"
