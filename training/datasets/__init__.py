"""Data sets of labelled faces: sets, splits, votes, samples and manifests."""
