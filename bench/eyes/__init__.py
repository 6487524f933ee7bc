"""Measures what docs/measures.md says of eyes, gaze and head pose, and what the stages of an analysis cost."""
