"""Measures the check of new faces: false faces in pictures without people, and faces of people that pass."""
