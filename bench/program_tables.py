"""Writes Markdown tables of the results of other benchmarks: API, outputs, live engine and studies."""

from __future__ import annotations

from typing import Any

from bench.common.records import measured_line

ELSEWHERE = """## Results on other pages

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
    responses = ", ".join(f"{count:,} with {status}" for status, count in one["statuses"].items())
    return "\n".join(
        [
            "## Generated requests to the HTTP API\n",
            measured_line("tests.stress api", record),
            "| operation | requests |\n|---|---:|",
            *rows,
            f"\nOf {one['requests']:,} requests generated from the API's description, {one['failures']:,} got a "
            f"response that it does not allow. Responses: {responses}.\n",
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
            "## Latency of live values sent to other programs\n",
            measured_line("bench.live_streams", record),
            "| | frames | lost | median latency, ms | 95th percentile, ms | jitter of time stamps, ms |",
            "|---|---:|---:|---:|---:|---:|",
            *rows,
            "\nLatency is the time from the decoded frame to the receiver, analysis included. The row of the analysis "
            f"ends before sending. The load of the machine was {record['found']['machine']['load']:.1f}.\n",
        ]
    )


def live_engine_table(record: dict[str, Any]) -> str:
    """Return the server's time per camera frame by size, number of faces and drawing."""
    rows = [f"| {name} | {one['median_ms']:.1f} | {one['p95_ms']:.1f} |" for name, one in record["found"].items()]
    return "\n".join(
        [
            "## Server time per camera frame in the live engine\n",
            measured_line("bench.live_engine", record),
            "| frame | median, ms | 95th percentile, ms |\n|---|---:|---:|",
            *rows,
            "",
        ]
    )


def studies_table(record: dict[str, Any]) -> str:
    """Return time and memory of the results of a large study and of their page."""
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
