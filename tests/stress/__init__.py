"""Hours of abuse: mutated files, killed processes, many visitors at once. ``make stress`` runs some minutes of each."""
