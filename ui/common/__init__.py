"""Shared by several pages: widgets, background jobs, uploads, errors."""
