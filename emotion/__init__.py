"""Facial-expression analytics for pictures, videos and webcams, on a laptop's CPU.

>>> import emotion
>>> analyzer = emotion.Analyzer()                      # doctest: +SKIP
>>> analyzer.image("group.jpg").faces                  # doctest: +SKIP
>>> analyzer.video("talk.mp4").timeline                # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emotion.analytics.timeline import validate
    from emotion.engine.analyzer import Analyzer
    from emotion.errors import EmotionError
    from emotion.models.registry import list_models
    from emotion.types import Analysis, Face, FrameResult, ModelCard, Progress, VideoInfo
    from emotion.vision.classify import load_classifier

__all__ = [
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
]

_MODULES = {
    "Analysis": "types",
    "Analyzer": "engine.analyzer",
    "EmotionError": "errors",
    "Face": "types",
    "FrameResult": "types",
    "ModelCard": "types",
    "Progress": "types",
    "VideoInfo": "types",
    "list_models": "models.registry",
    "load_classifier": "vision.classify",
    "validate": "analytics.timeline",
}
"""Public name → module that defines it. A module is imported when one of its names is first used (PEP 562): every
process imports this package, and one that only decodes pictures does not need pandas."""

if not TYPE_CHECKING:  # a type checker would accept any name

    def __getattr__(name: str) -> Any:
        if name in _MODULES:
            value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        elif name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        else:
            value = _submodule(name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


def _submodule(name: str) -> Any:
    """Import a module of the package, so that ``emotion.errors`` works after ``import emotion``."""
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
