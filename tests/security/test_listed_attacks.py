"""The list of attacks in ``docs/security.md`` names only existing files."""

from __future__ import annotations

import re

from tests.conftest import ROOT

LISTED = ROOT / "docs" / "security.md"


def test_every_file_in_the_list_of_attacks_is_there() -> None:
    named = re.findall(r"`((?:emotion|ui|tests|deploy)/[^`*]+)`", LISTED.read_text(encoding="utf-8"))
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_list_says_how_to_report_a_vulnerability() -> None:
    assert "## Reporting a vulnerability" in LISTED.read_text(encoding="utf-8")
