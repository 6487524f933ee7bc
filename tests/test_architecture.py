"""Import rules between folders, and stages that never import each other."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.folder_graph import arrows, folder_of, imported, layers, modules

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = {
    "emotion": {"streamlit", "ui", "pages", "training", "tensorflow", "keras"},
    "training": {"streamlit", "ui", "pages"},
    "ui": {"pages", "training", "tensorflow", "keras"},
    "pages": {"training", "tensorflow", "keras", "pages"},
}
STAGES = {"decode.image", "decode.video", "detection.detect", "landmarks", "align", "classify", "track"}
EVERY = [(folder, path) for folder in FORBIDDEN for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.slow
def test_folders_import_only_from_layers_below() -> None:
    """The layers are in docs/architecture.md. Because each folder is in one layer, there is no cycle."""
    layer = layers()
    wrong = [use for (a, b), uses in arrows().items() for use in uses if layer[a] <= layer[b]]
    assert not wrong, "\n".join(wrong)


def test_the_table_of_layers_names_every_folder() -> None:
    assert set(layers()) == {folder_of(path) for path in modules().values()}


def test_no_folder_has_more_than_twenty_modules() -> None:
    counts = Counter(folder_of(path) for path in modules().values())
    assert {folder: count for folder, count in counts.items() if count > 20} == {}


def test_product_and_benchmarks_never_import_tests() -> None:
    assert not {
        f"{name}: {target}"
        for name, path in modules().items()
        for target in imported(path)
        if target.split(".")[0] == "tests"
    }


@pytest.mark.parametrize(("folder", "path"), EVERY, ids=[str(path.relative_to(ROOT)) for _, path in EVERY])
def test_folders_import_only_what_they_may(folder: str, path: Path) -> None:
    assert not {name.split(".")[0] for name in imported(path)} & FORBIDDEN[folder]


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_stages_never_import_each_other(stage: str) -> None:
    others = {f"emotion.vision.{other}" for other in STAGES - {stage}}
    path = ROOT / "emotion" / "vision" / f"{stage.replace('.', '/')}.py"
    assert not imported(path) & others


def test_only_the_command_line_knows_of_batches() -> None:
    """The engine is below batches, so the analysis of one video must not depend on them."""
    below = [path for _, path in EVERY if path.is_relative_to(ROOT / "emotion") and path.parent.name != "batch"]
    knowing = {path.name for path in below if any(name.startswith("emotion.batch") for name in imported(path))}
    assert knowing <= {"main.py", "batch.py", "video.py"}


def test_ray_is_imported_in_one_file_and_only_when_used() -> None:
    batch = ROOT / "emotion" / "batch"
    with_ray = {path.name for path in batch.glob("*.py") if "ray" in {name.split(".")[0] for name in imported(path)}}
    assert with_ray == {"on_ray.py"}
    tree = ast.parse((batch / "on_ray.py").read_text(encoding="utf-8"))
    at_import = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert not any(name.startswith("ray") for name in at_import), "Ray is an extra, imported only when used"


def test_the_app_starts_from_one_page_script_with_helpers_elsewhere() -> None:
    for page in sorted((ROOT / "pages").glob("*.py")):
        assert "__main__" not in page.read_text(encoding="utf-8"), f"{page.name} is a page, not a program"


def test_test_files_have_unique_names() -> None:
    """Pytest imports test files by name, without their folders."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
