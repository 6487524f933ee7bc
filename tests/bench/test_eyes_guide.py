"""The figures of docs/measures.md and docs/movements.md are those that ``python -m bench.eyes`` measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.common import records
from bench.eyes.guide import GUIDE, MOVEMENTS_GUIDE, figures, write_guide


def test_the_guides_have_the_measured_figures() -> None:
    text, parts = "".join(guide.read_text(encoding="utf-8") for guide in (GUIDE, MOVEMENTS_GUIDE)), figures()
    assert {"measured", "lids", "cost"} <= set(parts)
    for name, part in parts.items():
        assert f"<!-- {name}: begin -->\n{part}\n<!-- {name}: end -->" in text


def test_writing_again_changes_nothing_but_what_changed(tmp_path: Path) -> None:
    copy = tmp_path / "measures.md"
    original = GUIDE.read_text(encoding="utf-8")
    copy.write_text(original.replace("AUC 0.", "AUC 1."), encoding="utf-8")
    write_guide(copy)
    assert copy.read_text(encoding="utf-8") == original


def test_only_what_was_measured_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    about = {"date": "2026-01-02", "commit": "abc"}
    records.write_section(records.EYES, about, {"lids": {"auc": 0.9876, "faces": 12}})
    assert set(figures()) == {"measured", "lids"}
    assert figures()["lids"].endswith("AUC 0.988 (n = 12).")
