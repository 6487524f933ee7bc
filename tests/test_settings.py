"""The page of settings and the code name the same variables, and the limits' defaults are those that it says."""

from __future__ import annotations

import re

import pytest

from emotion.limits import _DEFAULTS
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
ROWS = re.findall(r"(?m)^\| `(EMOTION_[A-Z_]+)` \| .+? \| (.+?) \|$", PAGE)
ROOMS = ("emotion", "ui", "pages", "training", "bench", "tests/conftest.py", "server.py", "streamlit_app.py")


def named_in_code() -> set[str]:
    rooms = (ROOT / room for room in ROOMS)
    files = [path for room in rooms for path in ([room] if room.is_file() else room.rglob("*.py"))]
    own = [path for path in files if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)]
    return {name for path in own for name in re.findall(r"\bEMOTION_[A-Z][A-Z_]*[A-Z]\b", path.read_text("utf-8"))}


def test_every_variable_has_one_row_and_every_row_a_variable() -> None:
    names = [name for name, _ in ROWS]
    assert sorted(names) == sorted(named_in_code())


@pytest.mark.parametrize("file", ["compose.yaml", "example.env", "Dockerfile"])
def test_what_is_deployed_is_set_by_these_names(file: str) -> None:
    text = (ROOT / "deploy" / file).read_text(encoding="utf-8")
    assert set(re.findall(r"\bEMOTION_[A-Z_]+", text)) <= {name for name, _ in ROWS}


@pytest.mark.parametrize(("name", "value"), list(_DEFAULTS.items()))
def test_a_limits_default_is_what_the_page_says(name: str, value: float) -> None:
    assert float(dict(ROWS)[name].split()[0]) == value
