"""Earlier name of :mod:`emotion.analytics.abstention`, for programs that import from it."""

from emotion.analytics.abstention import face_answer

__all__ = ["face_answer"]
