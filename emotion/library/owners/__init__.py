"""Storage use, consent and erasure of owners."""
