"""Scores models on a user's own labelled pictures."""
