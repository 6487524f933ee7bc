"""The guide to the package: every example runs and prints the documented output."""

from __future__ import annotations

import doctest

import pytest

from tests.conftest import ROOT

GUIDE = ROOT / "docs" / "api.md"


@pytest.mark.slow
def test_every_example_runs():
    found = doctest.testfile(str(GUIDE), module_relative=False)
    assert found.attempted > 30
    assert found.failed == 0


def test_no_example_is_skipped():
    text = GUIDE.read_text(encoding="utf-8")
    assert text.count("```python\n>>>") == text.count("```python")
    assert "SKIP" not in text
