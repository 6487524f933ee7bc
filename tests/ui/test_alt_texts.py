"""Every picture of the app has a text for people who cannot see it."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_SHOWN = "analyzer"


def test_pictures_have_alternative_texts() -> None:
    calls = [
        (file.relative_to(ROOT), call)
        for folder in ("ui", "pages")
        for file in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "image"
        if not (isinstance(call.func.value, ast.Name) and call.func.value.id == NOT_SHOWN)
    ]
    assert len(calls) > 5
    without = [f"{file}:{call.lineno}" for file, call in calls if "alt" not in {word.arg for word in call.keywords}]
    assert without == []
