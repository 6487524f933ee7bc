"""Readers of data sets on disk, one per format."""
