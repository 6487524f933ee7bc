"""From a timeline to figures: smoothing, episodes, summaries, events. Pure functions over one table."""
