"""``python -m tests.stress fuzz | kills | soak | visits | api``: what came of it is written into ``bench/results``.

``fuzz`` looks for files that break the readers, for as many ``--minutes`` as are given. ``kills`` kills what works on
analyses, in as many ``--rounds`` of each ``--kind`` as are given; ``soak`` has ten visitors
analyse ``--analyses`` clips; ``visits`` loads pages, gives uploads up and opens tabs, a ``--share`` of 200, 100 and 50.
``api`` sends ``--requests`` that are invented from the HTTP API's description.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.common.records import API, FUZZ, KILLS, ROOT, SOAK, VISITS, facts, write_section
from bench.report import write_readme
from tests.stress.api import measure_api
from tests.stress.fuzz.search import search
from tests.stress.torture.kills import STRIKES, measure_kills
from tests.stress.torture.soak import measure_soak
from tests.stress.torture.visits import LOADS, REST_S, TABS, UPLOADS, measure_visits
from training.datasets.readers.parquet import default_data_dir


def main() -> int:
    """Run one kind of abuse and write down what came of it."""
    options = _parser().parse_args()
    if options.kind_of_abuse == "fuzz":
        write_section(FUZZ, facts(), search(options.minutes, ROOT / "data/runs/fuzz"))
    elif options.kind_of_abuse == "kills":
        found = measure_kills(options.data, options.rounds, options.kind or STRIKES, options.seed)
        write_section(KILLS, facts(), found)
    elif options.kind_of_abuse == "visits":
        counts = [max(round(options.share * count), 1) for count in (LOADS, UPLOADS, TABS)]
        write_section(VISITS, facts(), measure_visits(*counts, rest_s=options.rest))
    elif options.kind_of_abuse == "api":
        write_section(API, facts(), measure_api(options.requests))
    else:
        write_section(SOAK, facts(), measure_soak(options.data, options.analyses))
    print(write_readme())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind_of_abuse", choices=("fuzz", "kills", "soak", "visits", "api"))
    parser.add_argument("--minutes", type=float, default=60, help="of the search for files that break the readers")
    parser.add_argument("--kind", choices=STRIKES, action="append", help="of kills; all if none is named")
    parser.add_argument("--rounds", type=int, default=30, help="of each kind of kill")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills")
    parser.add_argument("--analyses", type=int, default=200, help="of all visitors together")
    parser.add_argument("--requests", type=int, default=10_000, help="to the HTTP API")
    parser.add_argument("--share", type=float, default=1.0, help="of the visits")
    parser.add_argument("--rest", type=float, default=REST_S, help="seconds without visitors before each look")
    parser.add_argument("--data", type=Path, default=default_data_dir().parent / "videos", help="folder of clips")
    return parser


if __name__ == "__main__":
    sys.exit(main())
