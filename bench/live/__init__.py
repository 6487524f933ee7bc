"""Measures the live page in a real Chromium whose camera plays clips of real faces: ``python -m bench live``."""
