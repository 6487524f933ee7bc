"""Parses ports and ``host:port`` addresses."""

from __future__ import annotations

from emotion.errors import InputError, brief

EXAMPLE = "127.0.0.1:9000"
"""Example of an address, for messages and placeholders."""
LARGEST_PORT = 65535


def check_port(port: int) -> int:
    """Return the port if it is valid.

    Raises:
        InputError: It is not 1 to 65535.
    """
    if not 0 < port <= LARGEST_PORT:
        raise InputError(f"expected a port, 1 to {LARGEST_PORT}; got {port}")
    return port


def parse_port(text: str) -> int:
    """Parse a port.

    Raises:
        InputError: The text is not a number from 1 to 65535.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_PORT))):
        raise InputError(f"expected a port, 1 to {LARGEST_PORT}; got {brief(text)}")
    return check_port(int(text))


def parse_address(text: str) -> tuple[str, int]:
    """Parse the host and the port of an address such as ``127.0.0.1:9000`` or ``[::1]:9000``.

    Raises:
        InputError: The text has no host, or no port from 1 to 65535.
    """
    host, _, port = text.rpartition(":")
    try:
        number = parse_port(port)
    except InputError:
        number = 0
    if not (host and number):
        raise InputError(f"expected host:port, such as {EXAMPLE}; got {brief(text)}")
    return host.strip("[]"), number
