"""Warns if the server is reachable from other machines without sign-in."""

from __future__ import annotations

import logging

from streamlit import config

from emotion.web.hosts import is_loopback

log = logging.getLogger(__name__)


def is_local_only() -> bool:
    """Return whether the server listens on a loopback address only."""
    return is_loopback(config.get_option("server.address") or "0.0.0.0")


def warn_if_exposed(*, sign_in: bool) -> None:
    """Log a warning if anyone on the network can use this server.

    Args:
        sign_in: Whether visitors must sign in.
    """
    if not sign_in and not is_local_only():
        log.warning(
            "this server listens on %s without sign-in: anyone who can reach it can see, change and delete everything "
            "in the library (docs/access.md)",
            config.get_option("server.address") or "every address",
        )


def access_summary(*, sign_in: bool) -> str:
    """Return a text for the About page: who may use this server, and what they see of each other.

    Args:
        sign_in: Whether visitors must sign in.
    """
    if sign_in:
        return (
            "This server requires sign-in. Only you can see your library. Administrators see each person's name or "
            "e-mail address and how much they store, but not what, and can delete a library. A cookie keeps you "
            "signed in for at most 30 days, or until the sign-in service ends the session or you sign out."
        )
    if is_local_only():
        return "Only this computer can open the app. There is no sign-in: everyone on it shares one library."
    return (
        "**Anyone who can reach this server may use it without signing in, and all share one library:** everyone can "
        "see, change and delete everything in it. The administrator can turn on sign-in."
    )
