"""Exit statuses of the commands."""

OK, SOME_FAILED, FAILED = 0, 1, 2
INTERRUPTED = 130
"""The status that shells report for a program ended by Ctrl-C: 128 plus the signal's number."""
