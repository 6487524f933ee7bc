"""``make audit`` fails without advisories, and lists every licence with conditions."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from deploy import audit
from tests.conftest import ROOT

VULNERABLE = {"name": "jinja2", "version": "2.11.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.11.3"]}]}


def answers(monkeypatch: pytest.MonkeyPatch, *texts: str) -> None:
    """Make pip-audit print these outputs, one per run."""
    printed = iter(texts)

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, next(printed), "OSError: no route to host")

    monkeypatch.setattr(audit.subprocess, "run", run)


def report(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_mirror_without_advisories_fails_the_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, report({"name": "jinja2", "skip_reason": "not found"}))
    with pytest.raises(audit.NotAuditedError, match="has no advisories"):
        audit.vulnerabilities(audit.LOCK)


def test_an_unreachable_source_is_reported_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(monkeypatch, "")
    assert audit.main() == 1
    [sentence] = capsys.readouterr().err.splitlines()
    assert sentence.startswith("The packages were not audited for known vulnerabilities: pip-audit ended early")


def test_skipped_packages_are_not_audited(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, report(VULNERABLE), report({"name": "streamlit", "skip_reason": "not found"}))
    with pytest.raises(audit.NotAuditedError, match="no advisories for 1 of 1 packages: streamlit"):
        audit.vulnerabilities(audit.LOCK)


def test_vulnerabilities_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, report(VULNERABLE), report(VULNERABLE, {"name": "numpy", "version": "2", "vulns": []}))
    assert audit.vulnerabilities(audit.LOCK) == ["jinja2 2.11.0: PYSEC-1, fixed in 2.11.3"]


def test_every_licence_with_conditions_is_in_the_notices() -> None:
    found = list(audit.licences(audit.LOCK))
    assert len(found) > 50
    assert {"psycopg", "certifi"} <= {one.package for one in found if one.has_conditions}
    assert audit.not_in_notices(found, (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "conditions"),
    [("GPL-3.0-only", True), ("LGPL-3.0-only", True), ("MPL-2.0 AND MIT", True), ("not stated", True), ("MIT", False)],
)
def test_conditions_are_recognised(text: str, conditions: bool) -> None:
    one = audit.Licence("x", "1", text)
    assert one.has_conditions is conditions
    assert (audit.not_in_notices([one], "") == [one]) is conditions


def test_the_audit_tool_is_pinned() -> None:
    lock = (Path(ROOT) / "requirements-dev.txt").read_text(encoding="utf-8")
    assert "\npip-audit==" in lock
