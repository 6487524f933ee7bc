"""Facial-expression analytics for pictures, videos and webcams, on a laptop's CPU.

>>> import emotion
>>> analyzer = emotion.Analyzer()                      # doctest: +SKIP
>>> analyzer.image("group.jpg").faces                  # doctest: +SKIP
>>> analyzer.video("talk.mp4").timeline                # doctest: +SKIP
"""

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
