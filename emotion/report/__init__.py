"""Exports of analyses: tables, captions, annotated video and reports, listed in ``formats``."""
