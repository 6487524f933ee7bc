"""Who can reach the server: a word of warning where others than this machine can, and nobody has to sign in."""

from __future__ import annotations

import ipaddress
import logging

from streamlit import config

log = logging.getLogger(__name__)


def is_local_only() -> bool:
    """Return whether the server listens to nobody but this machine."""
    address = config.get_option("server.address")
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address or "0.0.0.0").is_loopback
    except ValueError:
        return False


def warn_if_exposed(*, shut: bool) -> None:
    """Write a warning to the log if everybody who reaches this server may enter it.

    Args:
        shut: Whether one has to sign in.
    """
    if not shut and not is_local_only():
        log.warning(
            "this server listens on %s and nobody has to sign in: everybody who reaches it can see, change and delete "
            "everything in the library (docs/access.md)",
            config.get_option("server.address") or "every address",
        )


def access_summary(*, shut: bool) -> str:
    """Return in words for the about page who may use this server, and what they see of each other.

    Args:
        shut: Whether one has to sign in.
    """
    if shut:
        return (
            "One signs in to use this server. Each person's library is seen by them alone; who looks after the server "
            "sees by name or e-mail address how much each has, not what, and can delete it. A cookie says for 30 days, "
            "or until you sign out, who you are."
        )
    if is_local_only():
        return "Only this machine reaches this server, and nobody has to sign in: whoever uses it shares one library."
    return (
        "**Everybody who reaches this server may use it, without signing in, and all share one library:** each can "
        "see, change and delete what others put there. Who runs it can have people sign in."
    )
