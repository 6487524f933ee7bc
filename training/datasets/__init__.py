"""Labelled faces in memory: sets, splits, votes, samples, manifests."""
