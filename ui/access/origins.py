"""Checks hosts and origins like :mod:`emotion.web.origin_guard`, but accepts every host if visitors must sign in."""

from __future__ import annotations

from starlette.types import ASGIApp

from emotion.errors import SettingsError
from emotion.web import origin_guard
from emotion.web.hosts import HOSTS, is_foreign, is_loopback_host, is_named_host
from emotion.web.origin_guard import FOREIGN_ORIGIN, WRONG_HOST
from ui.access import settings

__all__ = ["FOREIGN_ORIGIN", "HOSTS", "WRONG_HOST", "OriginGuard", "is_foreign", "is_known_host"]


class OriginGuard(origin_guard.OriginGuard):
    """ASGI middleware that refuses unknown hosts, and requests from pages of other sites.

    Args:
        app: The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, is_known_host)


def is_known_host(host: str) -> bool:
    """Return whether a request's ``Host`` names this server.

    If visitors must sign in, every name does, because their cookie is bound to one address. Otherwise only this
    machine's loopback names and those in ``EMOTION_HOSTS`` do, with any port.

    Args:
        host: The header, such as ``localhost:8501`` or ``[::1]:8501``.
    """
    if is_loopback_host(host):
        return True
    try:
        return settings.is_required() or is_named_host(host)
    except SettingsError:
        return True  # Nobody can sign in until the settings are fixed.
