"""Writes a whole library to disk, and restores it."""
