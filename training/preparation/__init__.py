"""Public data sets into one form: aligned, without copies, described."""
