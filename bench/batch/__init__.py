"""Measures batches of short clips, and estimates the cost of much larger ones."""
