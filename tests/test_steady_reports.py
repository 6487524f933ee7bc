"""A failing test is reported even if garbage collection interferes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Its finaliser parses code; the test's source is long enough for a collection during its parsing.
FAILING = """
import ast
import gc

class ParsesAtItsEnd:
    def __init__(self):
        self.cycle = self

    def __del__(self):
        ast.parse("x = 1")

def test_fails():
    gc.collect()
    for _ in range(200):
        ParsesAtItsEnd()
    assert False, "this is what is to be read"
"""


@pytest.mark.slow
def test_a_failure_is_reported_despite_parser_errors(tmp_path: Path) -> None:
    test = tmp_path / "test_of_a_long_file.py"
    lines = "\n".join(f"def f{number}(a, b):\n    return [a + b * {number}]" for number in range(3000))
    test.write_text(f"{FAILING}\n{lines}\n", encoding="utf-8")
    plain = ["-n", "0", "-q", "-c", "/dev/null", "--rootdir", str(tmp_path), "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *plain, "-p", "tests.steady_reports", str(test)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "this is what is to be read" in done.stdout
    assert "1 failed" in done.stdout
    assert done.returncode == 1
