"""Measures the time per training step."""
