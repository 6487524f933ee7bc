"""Every input from a public bug report gives the right answer; ``python -m tests.cases`` prints the results."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.checks import CHECKS
from tests.cases.command import Case, run
from tests.shared_data import CASES


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("case", CHECKS, ids=lambda case: f"{case.folder}: {case.right}")
def test_cases_of_bug_reports(case: Case, tmp_path: Path) -> None:
    if not (CASES / case.folder).is_dir():
        pytest.skip(f"the folder of cases is missing: {CASES / case.folder}")
    result, is_right = case.judge(run(case, tmp_path))
    assert is_right, f"expected {case.right}; got {result}"
