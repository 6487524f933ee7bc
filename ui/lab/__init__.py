"""The model lab: comparison, data sets, search, tests on the visitor's pictures, imported models."""
