"""Runs code on untrusted files in separate processes with limits on memory and time."""
