"""Pure functions from a timeline to figures: smoothing, episodes, summaries, events."""
