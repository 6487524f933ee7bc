"""The public API, and the modules that its import loads."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys

import pytest

import emotion

EXPORTED = {
    "Analysis",
    "Analyzer",
    "EmotionError",
    "Face",
    "FrameResult",
    "ModelCard",
    "Progress",
    "VideoInfo",
    "list_models",
    "load_classifier",
    "validate",
}


def test_exactly_these_names_are_public() -> None:
    assert set(emotion.__all__) == EXPORTED
    assert all(hasattr(emotion, name) for name in EXPORTED)


def test_signatures() -> None:
    assert list(inspect.signature(emotion.Analyzer).parameters) == ["model", "detector", "eyes", "movements"]
    assert list(inspect.signature(emotion.Analyzer.image).parameters) == ["self", "source"]
    video = inspect.signature(emotion.Analyzer.video).parameters
    assert list(video)[:4] == ["self", "path", "every", "on_progress"]
    assert list(inspect.signature(emotion.load_classifier).parameters) == ["name"]
    assert list(inspect.signature(emotion.validate).parameters) == ["timeline"]


def test_everything_public_is_documented() -> None:
    for name in EXPORTED:
        assert inspect.getdoc(getattr(emotion, name)), name


def test_names_come_from_the_modules_that_define_them() -> None:
    assert set(emotion._MODULES) == EXPORTED
    for name, module in emotion._MODULES.items():
        assert getattr(emotion, name).__module__ in {f"emotion.{module}", "emotion.model_card", "emotion.progress"}


def loaded(code: str, names: list[str]) -> list[str]:
    """Return which modules a program has loaded at its end."""
    command = [sys.executable, "-c", f"{code}; import sys; print([name for name in {names} if name in sys.modules])"]
    return ast.literal_eval(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import emotion; emotion.Analyzer", ["sqlalchemy", "requests"]),
        ("import emotion", ["numpy", "pandas", "cv2"]),
        ("import emotion.vision.uploaded, emotion.sandbox.serve", ["pandas", "sqlalchemy", "av"]),
        ("import emotion.library.jobs.worker", ["alembic", "requests"]),
    ],
)
def test_importing_loads_no_heavy_library(code: str, unwanted: list[str]) -> None:
    heavy = ["tensorflow", "keras", "streamlit", "altair", "sklearn", "skimage", "scipy"]
    assert loaded(code, [*heavy, *unwanted]) == []


def test_modules_are_attributes_of_the_package() -> None:
    code = "import emotion; emotion.errors.EmotionError; assert 'validate' in dir(emotion)"
    assert loaded(code, ["emotion.errors"]) == ["emotion.errors"]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'emotion' has no attribute 'Analyser'"):
        _ = emotion.Analyser  # type: ignore[attr-defined]


def test_the_default_model_is_listed_first() -> None:
    names = emotion.list_models()
    assert emotion.load_classifier().card.name == names[0]
