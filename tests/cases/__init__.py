"""Inputs from public bug reports: a command for each, what came out, and the right answer."""
