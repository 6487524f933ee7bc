"""Fuzzes the readers of pictures, videos, archives, timelines and event tables with Atheris."""
