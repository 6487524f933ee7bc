"""What all benchmarks share: where results are kept, and facts of the machine."""
