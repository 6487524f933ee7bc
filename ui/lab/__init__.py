"""The model lab: comparison, data sets, search, trials on one's own pictures, imported models."""
