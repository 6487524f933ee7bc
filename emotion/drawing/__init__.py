"""Draws on pictures: boxes, names, landmarks, and blurred faces."""
