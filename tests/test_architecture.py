"""Which room may import what, and that stages stay apart."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = {
    "emotion": {"streamlit", "ui", "pages", "training", "tensorflow", "keras"},
    "training": {"streamlit", "ui", "pages"},
    "ui": {"pages", "training", "tensorflow", "keras"},
    "pages": {"training", "tensorflow", "keras", "pages"},
}
STAGES = {"decode_image", "decode_video", "detect", "landmarks", "align", "classify", "track"}
EVERY = [(room, path) for room in FORBIDDEN for path in sorted((ROOT / room).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize(("room", "path"), EVERY, ids=[str(path.relative_to(ROOT)) for _, path in EVERY])
def test_rooms_import_only_what_they_may(room: str, path: Path) -> None:
    assert not {name.split(".")[0] for name in imported(path)} & FORBIDDEN[room]


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_stages_never_import_each_other(stage: str) -> None:
    others = {f"emotion.vision.{other}" for other in STAGES - {stage}}
    assert not imported(ROOT / "emotion" / "vision" / f"{stage}.py") & others


def test_the_app_starts_from_one_page_script_with_helpers_elsewhere() -> None:
    for page in sorted((ROOT / "pages").glob("*.py")):
        assert "__main__" not in page.read_text(encoding="utf-8"), f"{page.name} is a page, not a program"
