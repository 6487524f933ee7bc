"""Networks that run in TensorFlow Serving: one classifier, two ways to speak, and the settings that choose them."""

from emotion.serving.classifier import ServedClassifier, open_classifier

__all__ = ["ServedClassifier", "open_classifier"]
