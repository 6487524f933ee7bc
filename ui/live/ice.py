"""STUN and TURN servers for WebRTC across networks, from Streamlit's secrets.

None are needed on one machine or within one network. Example::

    [live]
    stun_urls = ["stun:stun.example.org:3478"]
    turn_urls = ["turn:turn.example.org:3478?transport=udp", "turns:turn.example.org:5349?transport=tcp"]
    turn_secret = "what coturn calls static-auth-secret"   # or turn_username and turn_password
    turn_valid_s = 7200                                    # how long a derived password is valid

With ``turn_secret`` every visitor gets a user name with an expiry time and its HMAC as password
(draft-uberti-behave-turn-rest-00, coturn's ``use-auth-secret``); the secret itself never leaves the server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from emotion.errors import LiveError

SECTION = "live"
KEYS = ("stun_urls", "turn_urls", "turn_username", "turn_password", "turn_secret", "turn_valid_s")
VALID_S = 7200.0

IceServer = dict[str, Any]


def ice_servers(secrets: Mapping[str, Any], now_s: float) -> list[IceServer]:
    """Return the servers as browsers and aiortc expect them; none without secrets.

    Args:
        secrets: The section ``[live]`` of the secrets; see the module's docstring.
        now_s: Unix time in seconds. Passwords change every half of ``turn_valid_s`` and stay valid for at least
            another half.

    Raises:
        LiveError: A setting is unknown or invalid.
    """
    if unknown := sorted(set(secrets) - set(KEYS)):
        raise LiveError(
            f"expected keys out of {', '.join(KEYS)} in the section {SECTION} of the secrets; got {unknown}"
        )
    servers: list[IceServer] = []
    if stun := _urls(secrets, "stun_urls", ("stun:", "stuns:")):
        servers.append({"urls": stun})
    if turn := _urls(secrets, "turn_urls", ("turn:", "turns:")):
        user, password = _credentials(secrets, now_s)
        servers.append({"urls": turn, "username": user, "credential": password})
    return servers


def _urls(secrets: Mapping[str, Any], key: str, schemes: tuple[str, ...]) -> list[str]:
    given = secrets.get(key, ())
    urls = [given] if isinstance(given, str) else list(given) if isinstance(given, Sequence) else [given]
    for url in urls:
        if not isinstance(url, str) or not url.startswith(schemes):
            raise LiveError(f"expected {key} of the secrets to begin with {' or '.join(schemes)}; got {url!r}")
    return urls


def _credentials(secrets: Mapping[str, Any], now_s: float) -> tuple[str, str]:
    if secret := secrets.get("turn_secret"):
        half_s = float(secrets.get("turn_valid_s", VALID_S)) / 2
        if not half_s >= 30:
            raise LiveError(f"expected turn_valid_s of the secrets to be at least 60 seconds; got {2 * half_s:g}")
        user = str(round((now_s // half_s + 2) * half_s))
        code = hmac.new(str(secret).encode(), user.encode(), hashlib.sha1).digest()
        return user, base64.b64encode(code).decode()
    if "turn_username" not in secrets or "turn_password" not in secrets:
        raise LiveError("expected turn_secret, or turn_username and turn_password, beside turn_urls in the secrets")
    return str(secrets["turn_username"]), str(secrets["turn_password"])
