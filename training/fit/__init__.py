"""One training run: optimiser, losses, schedules, checkpoints, starting weights."""
