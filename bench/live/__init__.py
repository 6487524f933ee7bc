"""The live page in a real Chromium that is fed real faces as its camera: ``python -m bench.live``."""
