"""Benchmarks of speed, memory and accuracy; compare figures of one run on an idle machine only."""
