"""Sign-in settings from Streamlit's secrets, and checks that they are complete."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import config
from streamlit.auth_util import is_authlib_installed
from streamlit.errors import StreamlitSecretNotFoundError

from emotion.errors import SettingsError
from emotion.settings import read_settings
from ui.access.rules import Rules, read_rules

AUTH, ACCESS = "auth", "access"
SHORTEST_SECRET = 32
_CALLBACK = "/oauth2callback"
_CLIENTS = ("httpx2", "httpx")
"""HTTP clients that Authlib can use; one is enough."""
_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
_memory = {"required": False, "guarded": False}


def is_required() -> bool:
    """Return whether visitors must sign in.

    Raises:
        SettingsError: The secrets exist but cannot be read.
    """
    return _memory["required"] or AUTH in _secrets()


def require_from_now_on() -> None:
    """Require sign-in until this process ends, even if the secrets disappear."""
    _memory["required"] = True


def mark_guard_installed() -> None:
    """Record that the guard middleware is installed."""
    _memory["guarded"] = True


def rules() -> Rules:
    """Return the access rules.

    Raises:
        SettingsError: They are invalid.
    """
    settings = read_settings()
    return read_rules(_secrets().get(ACCESS), settings.admins, settings.allowed)


def providers() -> list[str | None]:
    """Return the names of the providers; None stands for the unnamed one.

    Raises:
        SettingsError: The settings are incomplete, so nobody can sign in.
    """
    section = _secrets().get(AUTH)
    if not isinstance(section, Mapping):
        raise SettingsError("expected [auth] in the secrets to be a section")
    if not (is_authlib_installed() and any(map(find_spec, _CLIENTS))):
        raise SettingsError(f"expected the packages authlib and {_CLIENTS[0]}, which sign-in needs; one is missing")
    if not str(section.get("redirect_uri", "")).endswith(_CALLBACK):
        raise SettingsError(f"expected redirect_uri in [auth] to be this app's address with {_CALLBACK} at its end")
    secret = str(section.get("cookie_secret", ""))
    if len(secret) < SHORTEST_SECRET:
        raise SettingsError(
            f"expected cookie_secret in [auth] to be {SHORTEST_SECRET} random characters or more; got {len(secret)}"
        )
    if not _memory["guarded"]:
        raise SettingsError("expected the app to be started as server.py, which guards downloads and videos")
    found: list[str | None] = [None] if any(key in section for key in _PROVIDER) else []
    found += [name for name, value in section.items() if isinstance(value, Mapping) and name != "client_kwargs"]
    if not found:
        raise SettingsError(f"expected {', '.join(_PROVIDER)} in [auth]")
    for name in found:
        _expect_complete(section if name is None else section[name], name)
    return found


def _expect_complete(provider: Mapping[str, Any], name: str | None) -> None:
    where = AUTH if name is None else f"{AUTH}.{name}"
    if missing := [key for key in _PROVIDER if not provider.get(key)]:
        raise SettingsError(f"expected {', '.join(_PROVIDER)} in [{where}]; {', '.join(missing)} is missing")


def _secrets() -> Mapping[str, Any]:
    try:
        return st.secrets.to_dict()
    except StreamlitSecretNotFoundError as error:
        files = [path for path in config.get_option("secrets.files") if Path(path).exists()]
        if files:
            # A typo in the secrets must not turn sign-in off.
            raise SettingsError(f"expected secrets as TOML in {Path(files[0]).name}; they cannot be read") from error
        return {}
