"""Stress tests: mutated files, killed processes, many visitors. ``make stress`` runs a few minutes of each."""
