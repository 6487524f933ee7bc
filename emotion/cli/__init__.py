"""The command line ``emotion``."""
