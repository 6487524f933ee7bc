"""Stress tests of the server: processes killed at random times, and many visitors."""
