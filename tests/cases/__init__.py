"""Inputs from public bug reports: for each, a command, its result and the right answer."""
