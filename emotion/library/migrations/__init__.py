"""Migrations of the library's tables."""
