"""Studies: participants, stimuli and conditions, and results across people."""
