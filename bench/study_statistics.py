"""``python -m bench.study_statistics``: false positives, coverage and power of studies' statistics, by simulation.

Writes ``bench/results/study_statistics.json`` and the tables in ``docs/studies-statistics.md``. Takes about a quarter
of an hour.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from bench.common.records import facts, read_section, write_section
from bench.simulated_studies import Simulation, covered_studies, null_studies, powered_studies
from emotion.paths import ROOT
from training.guide import with_part

SECTION = "study_statistics"
GUIDE = ROOT / "docs" / "studies-statistics.md"
BEGIN, END = "<!-- from bench/results/study_statistics.json: begin -->\n", "<!-- end -->\n"
PARTS = {"null": null_studies, "coverage": covered_studies, "power": powered_studies}
STUDIES = 4000
"""Number of simulated studies: a share of 5% then has a standard error of 0.34 points, a third of its margin."""

_HEADS = {
    "null": "False positives: studies without an effect in which a test finds one at p ≤ 0.05; expected 5% ± 1",
    "coverage": "Coverage: studies whose 95% interval holds the truth; expected 95% ± 1.5",
    "power": "Power: studies in which a test finds the effect; expected what theory gives ± 3",
}
_CHUNK = 100


def measure(
    part: str, studies: int = STUDIES, jobs: int = 2, seed: int = 26, known: Collection[str] = ()
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the results of a part's simulations, one by one.

    Args:
        part: A key of :data:`PARTS`.
        studies: Of each simulation.
        jobs: Processes at a time.
        seed: Of all random numbers.
        known: Simulations to leave out.

    Yields:
        A simulation, and the ``share`` of its studies that hit, ``expected``, ``margin``, and number of ``studies``.
    """
    for number, simulation in enumerate(PARTS[part]()):
        if simulation.what in known:
            continue
        starts = range(0, studies, _CHUNK)
        tasks = [delayed(_hits)(part, number, start, min(start + _CHUNK, studies), seed) for start in starts]
        share = sum(Parallel(n_jobs=jobs)(tasks)) / studies
        print(f"{part}: {simulation.what}: {share:.3f} of {studies}", file=sys.stderr, flush=True)
        yield (
            simulation.what,
            {"share": share, "expected": simulation.expected, "margin": simulation.margin, "studies": studies},
        )


def tables(found: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Return the parts as Markdown tables."""
    return "\n".join(_table(part, found.get(part, {})) for part in PARTS)


def write_guide(path: Path = GUIDE) -> None:
    """Write the tables into the guide, between its markers."""
    record = read_section(SECTION)
    if record is None:
        return
    made = f"Written by `python -m bench.study_statistics` on {record['date']} at commit {record['commit']}.\n\n"
    text = path.read_text(encoding="utf-8")
    path.write_text(with_part(text, BEGIN, made + tables(record["found"]), END), encoding="utf-8")


def _hits(part: str, number: int, start: int, end: int, seed: int) -> int:
    """Return the number of studies in which the simulation hits. Each study has its own random numbers."""
    simulation: Simulation = PARTS[part]()[number]
    rngs = (np.random.default_rng([seed, *part.encode(), number, study]) for study in range(start, end))
    with threadpool_limits(1):
        return sum(bool(simulation.hit(rng)) for rng in rngs)


def _table(part: str, found: dict[str, dict[str, Any]]) -> str:
    rows = [_row(each, found.get(each.what)) for each in PARTS[part]()]
    head = "| | found, % | expected, % | studies | within the margin |\n|---|---:|---:|---:|---|"
    return "\n".join([f"**{_HEADS[part]}**\n", head, *rows, ""])


def _row(simulation: Simulation, row: dict[str, Any] | None) -> str:
    expected = f"{100 * simulation.expected:.1f}"
    if row is None:
        return f"| {simulation.what} | not simulated yet | {expected} | | |"
    within = abs(row["share"] - row["expected"]) <= row["margin"]
    cells = (simulation.what, f"{100 * row['share']:.1f}", expected, f"{row['studies']:,}", "yes" if within else "no")
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Run the selected simulations, and write their results and the guide."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, action="append", help="all if none is named")
    parser.add_argument("--studies", type=int, default=STUDIES, help="of each simulation")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--missing", action="store_true", help="only what the record lacks")
    options = parser.parse_args()
    for part in options.part or PARTS:
        known = (read_section(SECTION) or {"found": {}})["found"].get(part, {}) if options.missing else {}
        for what, row in measure(part, options.studies, options.jobs, known=known):
            write_section(SECTION, facts(), {part: {what: row}})
            write_guide()
    return 0


if __name__ == "__main__":
    sys.exit(main())
