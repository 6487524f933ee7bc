"""Measures this machine as if its CPU had AVX2 alone."""
