"""The public API, and the modules that its import loads."""

from __future__ import annotations

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


@pytest.mark.slow
def test_importing_loads_no_heavy_library() -> None:
    heavy = ["tensorflow", "keras", "streamlit", "altair", "sklearn", "skimage", "scipy"]
    code = f"import emotion, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_default_model_is_listed_first() -> None:
    names = emotion.list_models()
    assert emotion.load_classifier().card.name == names[0]
