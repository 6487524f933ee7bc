"""What a server has to bear: processes killed at random moments, and many visitors for a long time."""
