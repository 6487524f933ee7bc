"""Converts public data sets to one form: aligned, without duplicates, documented."""
