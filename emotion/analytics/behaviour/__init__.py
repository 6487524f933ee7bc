"""Behaviour over time: blinks, gaze, gestures, movements, their figures and the codebook of their columns."""
