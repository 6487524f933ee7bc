"""Writes Markdown tables of the results of other benchmarks: API, outputs, live engine and studies."""

from __future__ import annotations

from typing import Any

from bench.common.records import measured_line

ELSEWHERE = """## Measured too, with tables on pages of their own

- eyes, gaze, blinks and head pose (`python -m bench.eyes`): [measures.md](../../docs/measures.md)
- coverage of the studies' intervals (`python -m bench.study_statistics`):
  [studies-statistics.md](../../docs/studies-statistics.md)
"""


def http_api_table(record: dict[str, Any]) -> str:
    """Return pictures per second by the engine alone and through the API."""
    one = record["found"]["pictures"]
    return "\n".join(
        [
            "## Pictures through the HTTP API\n",
            measured_line("bench.http_api", record),
            "| engine alone, pictures/s | HTTP API, pictures/s | API ÷ engine | load of the machine |",
            "|---:|---:|---:|---:|",
            f"| {one['engine_per_s']:.2f} | {one['api_per_s']:.2f} | {one['ratio']:.2f} | {one['load']:.1f} |",
            "",
        ]
    )


def invented_requests_table(record: dict[str, Any]) -> str:
    """Return a table of the responses to generated requests (schemathesis)."""
    one = record["found"]["invented"]
    rows = [f"| `{operation}` | {count:,} |" for operation, count in one["operations"].items()]
    answers = ", ".join(f"{count:,} with {status}" for status, count in one["statuses"].items())
    return "\n".join(
        [
            "## Requests made up from the HTTP API's description\n",
            measured_line("tests.stress api", record),
            "| operation | requests |\n|---|---:|",
            *rows,
            f"\nOf {one['requests']:,} requests, {one['failures']:,} were answered otherwise than described. "
            f"Answers: {answers}.\n",
        ]
    )


def streams_table(record: dict[str, Any]) -> str:
    """Return latency and jitter of each output."""
    found = {name: one for name, one in record["found"].items() if name != "machine"}
    rows = [
        f"| {name} | {one['frames']:,} | {one['lost']:,} | {one['median_ms']:.1f} | {one['p95_ms']:.1f} "
        f"| {one['stamp_jitter_ms']:.3f} |"
        for name, one in found.items()
    ]
    return "\n".join(
        [
            "## Live values on their way to other programs\n",
            measured_line("bench.live_streams", record),
            "| | frames | lost | median latency, ms | 95% of frames, ms | jitter of stamps, ms |",
            "|---|---:|---:|---:|---:|---:|",
            *rows,
            "\nLatency is from the decoded frame to the receiver. It includes the analysis, whose own row ends where "
            f"sending begins. The load of the machine was {record['found']['machine']['load']:.1f}.\n",
        ]
    )


def live_engine_table(record: dict[str, Any]) -> str:
    """Return the server's time for a camera's frame."""
    rows = [f"| {name} | {one['median_ms']:.1f} | {one['p95_ms']:.1f} |" for name, one in record["found"].items()]
    return "\n".join(
        [
            "## A camera's frame in the live engine\n",
            measured_line("bench.live_engine", record),
            "| frame | median, ms | 95% of frames, ms |\n|---|---:|---:|",
            *rows,
            "",
        ]
    )


def studies_table(record: dict[str, Any]) -> str:
    """Return what a large study takes, and its page."""
    scale, page = record["found"]["scale"], record["found"]["page"]
    rows = [*_steps("", scale["seconds"]), *_steps("page: ", page["seconds"])]
    return "\n".join(
        [
            f"## A study of {scale['participants']} participants × {scale['stimuli']} stimuli\n",
            measured_line("bench.study_scale", record),
            "| step | s | CPU s |\n|---|---:|---:|",
            *rows,
            f"\n{scale['rows']:,} rows of timelines. Peak memory: {scale['peak memory, MB']} MB, "
            f"with the page {page['peak memory, MB']} MB.\n",
        ]
    )


def _steps(prefix: str, seconds: dict[str, float]) -> list[str]:
    return [
        f"| {prefix}{step} | {took_s:.1f} | {seconds[f'{step}, CPU']:.1f} |"
        for step, took_s in seconds.items()
        if not step.endswith(", CPU")
    ]
