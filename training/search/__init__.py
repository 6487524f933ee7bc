"""Searches for hyperparameters and architectures, and the ablation."""
