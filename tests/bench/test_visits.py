"""The figures of many visits: what counts as flat, and their table."""

from __future__ import annotations

from bench.stress_tables import visits_table
from tests.stress.torture.visits import compare


def test_flat_is_at_most_five_percent_more() -> None:
    assert compare("rss_mb", 400.0, 420.0)["flat"]
    assert not compare("rss_mb", 400.0, 421.0)["flat"]
    assert compare("rss_mb", 400.0, 300.0)["flat"]


def test_two_threads_or_files_more_are_still_flat() -> None:
    assert compare("files", 20.0, 22.0)["flat"]
    assert not compare("files", 20.0, 23.0)["flat"]
    assert compare("threads", 100.0, 105.0)["flat"]


def test_the_table_says_before_and_after_and_whether_all_is_flat() -> None:
    figures = {name: compare(name, 100.0, 104.0) for name in ("rss_mb", "pss_mb", "threads")}
    one = {"count": 1200, "rest_s": 150.0} | figures
    flat, grown = compare("files", 10, 11), compare("files", 10, 20)
    table = visits_table({"loads": one | {"files": flat}, "tabs": one | {"files": grown}})
    lines = table.splitlines()
    assert lines[2] == "| loads | 1,200 | 100 → 104 | 100 → 104 | 100 → 104 | 10 → 11 | yes |"
    assert lines[3].endswith("| 10 → 20 | no |")
    assert "150 s after the last visitor left" in table
