"""Measures the accuracy of eyes, gaze, head pose and gestures, and the cost of each stage, for docs/measures.md."""
