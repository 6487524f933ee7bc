"""Logs without personal data, and counters."""
