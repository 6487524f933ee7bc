"""The tabs of a result."""
