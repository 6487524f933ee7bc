"""Shared by all HTTP servers of the program: addresses, and checks of hosts and origins."""
