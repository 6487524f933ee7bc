"""Removes passwords from text, such as those in storage and database addresses."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

MASK = "***"
_ADDRESSES = ("EMOTION_DATABASE_URL", "EMOTION_STORAGE_URL", "EMOTION_SERVING_URL")
_SHORTEST = 4
"""Shorter passwords are masked only in addresses, because they occur in ordinary words."""

# Up to the last @: a password may hold @, / and : as they are.
_USERINFO = re.compile(r"\b([a-z][a-z0-9+.-]*://)[^\s'\"<>`]*@", re.IGNORECASE)
_PASSWORD = re.compile(r"://[^\s/:@]*:(\S*)@")
_FIELD = re.compile(
    r"\b([\w-]*(?:passw(?:or)?d|pwd|secret|token|signature|access_?key|account_?key|api_?key)[\w-]*)"
    r"(=['\"]?|['\"]:\s*['\"])([^\s'\"&,;)}\]]+)",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """Return text without user names and passwords of addresses, and without values of fields like ``password=``.

    Passwords of the configured addresses are also removed where they stand alone, as in a server's answer.
    """
    text = _FIELD.sub(rf"\1\2{MASK}", _USERINFO.sub(rf"\1{MASK}@", text))
    for password in _configured_passwords():
        text = text.replace(password, MASK)
    return text


def _configured_passwords() -> list[str]:
    # Reads the environment, not the settings: reading settings may raise errors, whose text is masked here.
    given = [found[1] for name in _ADDRESSES for found in _PASSWORD.finditer(os.environ.get(name, ""))]
    both = {*given, *map(unquote, given)}
    return sorted((one for one in both if len(one) >= _SHORTEST), key=len, reverse=True)
