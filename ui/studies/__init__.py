"""The Studies page: participants × stimuli, their results, and files for other programs."""
