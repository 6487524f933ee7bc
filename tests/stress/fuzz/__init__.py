"""Looks for files that break the readers: pictures, videos, archives, timelines and lists of events."""
