"""Behaviour over time: blinks, gestures, movements."""
