"""Exit statuses of the commands."""

OK, SOME_FAILED, FAILED = 0, 1, 2
INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended: 128 and the number of the signal."""
