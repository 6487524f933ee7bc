"""Checks the headers ``Host`` and ``Origin``: does a request name this server, and come from its own pages?"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from emotion.settings import read_settings

HOSTS = "EMOTION_HOSTS"
"""Environment variable: names of this server besides localhost, separated by commas."""
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_named_host(host: str) -> bool:
    """Return whether a ``Host`` header is one of this machine's loopback names or in ``EMOTION_HOSTS``, with any port.

    Args:
        host: The header, such as ``localhost:8501`` or ``[::1]:8501``.

    Raises:
        SettingsError: An environment variable has a value that it cannot have.
    """
    # The cheap check first: settings are read for each request.
    return is_loopback_host(host) or _name_of(host) in _named_hosts()


def is_loopback_host(host: str) -> bool:
    """Return whether a ``Host`` header names this machine's loopback."""
    return is_loopback(_name_of(host))


def is_loopback(address: str) -> bool:
    """Return whether a host name or IP address, without a port, is this machine's loopback."""
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def is_foreign(origin: str | None, host: str, scheme: str) -> bool:
    """Return whether a browser sent a request from a page of another site; programs send no ``Origin``.

    Args:
        origin: The header; None if there is none.
        host: The ``Host`` header of the same request.
        scheme: Scheme of the request, such as ``http`` or ``wss``. The origin's scheme is accepted as well, because a
            proxy may have ended TLS.
    """
    if origin is None:
        return False
    try:
        parts = urlsplit(origin)
        sent = (parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0))
        target = urlsplit(f"//{host}")
        allowed = {(target.hostname or "", target.port or _PORTS.get(one, 0)) for one in (scheme, parts.scheme)}
    except ValueError:  # An invalid port or IPv6 address.
        return True
    return sent not in allowed


def _named_hosts() -> set[str]:
    # Without the empty name, which every malformed header would match.
    return {_name_of(name.strip()) for name in read_settings().hosts.split(",")} - {""}


def _name_of(host: str) -> str:
    """Return a ``Host`` header without its port, in lower case; empty if it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
        return (parts.hostname or "").removesuffix(".")
    except ValueError:
        return ""
