"""From data sets to batches: targets, class balance, inputs."""
