"""Classifiers that run in TensorFlow Serving: one client over REST or gRPC, and its settings."""

from emotion.serving.classifier import ServedClassifier, open_classifier

__all__ = ["ServedClassifier", "open_classifier"]
