"""Measures speed and memory on real clips; figures are compared within one run on an idle machine."""
