"""What every HTTP server of the program shares."""
