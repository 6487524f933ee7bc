"""What batches take: clips to measure on, the measurements, and the arithmetic for far more than can be measured."""
