"""``python -m tests.stress fuzz | kills | soak | visits | api``: stress tests; results go to ``bench/results``.

- ``fuzz`` searches for files that break the readers, for ``--minutes`` in total.
- ``kills`` kills processes that work on analyses, in ``--rounds`` of each ``--kind``.
- ``soak`` has ten visitors analyse ``--analyses`` clips.
- ``visits`` loads pages, cancels uploads and opens tabs: 200, 100 and 50, times ``--share``.
- ``api`` sends ``--requests`` that are generated from the HTTP API's description.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.common.records import API, FUZZ, KILLS, SOAK, VISITS, facts, write_section
from bench.report import write_readme
from emotion.paths import ROOT
from tests.stress.api import measure_api
from tests.stress.fuzz.search import search
from tests.stress.torture.kills import STRIKES, measure_kills
from tests.stress.torture.soak import measure_soak
from tests.stress.torture.visits import LOADS, REST_S, TABS, UPLOADS, measure_visits
from training.datasets.readers.parquet import default_data_dir


def main() -> int:
    """Run one stress test, write its results, and print the tables."""
    options = _parser().parse_args()
    if options.test == "fuzz":
        write_section(FUZZ, facts(), search(options.minutes, ROOT / "data/runs/fuzz"))
    elif options.test == "kills":
        found = measure_kills(options.data, options.rounds, options.kind or STRIKES, options.seed)
        write_section(KILLS, facts(), found)
    elif options.test == "visits":
        counts = [max(round(options.share * count), 1) for count in (LOADS, UPLOADS, TABS)]
        write_section(VISITS, facts(), measure_visits(*counts, rest_s=options.rest))
    elif options.test == "api":
        write_section(API, facts(), measure_api(options.requests))
    else:
        write_section(SOAK, facts(), measure_soak(options.data, options.analyses))
    print(write_readme())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("test", choices=("fuzz", "kills", "soak", "visits", "api"))
    parser.add_argument("--minutes", type=float, default=60, help="duration of fuzz, shared by all readers")
    parser.add_argument("--kind", choices=STRIKES, action="append", help="kind of kill (repeatable; default: all)")
    parser.add_argument("--rounds", type=int, default=30, help="rounds for each kind of kill")
    parser.add_argument("--seed", type=int, default=1, help="seed of the times of kills")
    parser.add_argument("--analyses", type=int, default=200, help="analyses of all visitors together")
    parser.add_argument("--requests", type=int, default=10_000, help="requests to the HTTP API, approximately")
    parser.add_argument("--share", type=float, default=1.0, help="share of the default number of visits")
    parser.add_argument("--rest", type=float, default=REST_S, help="seconds without visitors before each measurement")
    parser.add_argument("--data", type=Path, default=default_data_dir().parent / "videos", help="folder of clips")
    return parser


if __name__ == "__main__":
    sys.exit(main())
