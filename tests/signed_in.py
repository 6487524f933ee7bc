"""An app with sign-in but without a provider: a secrets file, and cookies signed as Streamlit does."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message
from streamlit import config
from streamlit.auth_util import set_cookie_with_chunks
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from tests.conftest import run_async
from ui.access import settings

ORIGIN = "http://localhost:8501"
COOKIE_SECRET = "not a secret, as it stands in a test"
AUTH: dict[str, str] = {
    "redirect_uri": f"{ORIGIN}/oauth2callback",
    "cookie_secret": COOKIE_SECRET,
    "client_id": "app",
    "client_secret": "told to nobody",
    "server_metadata_url": "http://localhost:9400/.well-known/openid-configuration",
}


def claims(subject: str, **others: Any) -> dict[str, Any]:
    """Return the claims of a provider about a person."""
    return {"iss": "https://provider.example", "sub": subject, "email": f"{subject}@example.org", **others}


def signed_cookies(told: dict[str, Any], secret: str = COOKIE_SECRET, origin: str = ORIGIN) -> dict[str, str]:
    """Return the cookies that Streamlit sets after sign-in; several if one would be too long."""
    cookies: dict[str, str] = {}

    def signed(name: str, value: str) -> bytes:
        return create_signed_value(secret, name, value)

    set_cookie_with_chunks(
        lambda name, value: cookies.update({name: signed(name, value).decode()}),
        signed, USER_COOKIE_NAME, told | {"origin": origin, "is_logged_in": True, "provider": "default"},
        cookie_attr_size=100,
    )  # fmt: skip
    return cookies


def answer_of(
    app: ASGIApp, address: str, cookies: dict[str, str] | None = None, method: str = "GET", accept: str = "*/*"
) -> list[Message]:
    """Ask an app as a server would that browsers reach by HTTPS, and return what it says, piece by piece."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    path, _, query = address.partition("?")
    told = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
    headers = [(b"cookie", told.encode("latin-1", "replace")), (b"accept", accept.encode()), (b"host", b"app.example")]
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "scheme": "https", "server": None}

    async def ask() -> None:
        await app(scope | {"query_string": query.encode(), "headers": headers}, receive, send)

    run_async(ask())
    return said


@contextlib.contextmanager
def secrets_file(folder: Path, text: str) -> Iterator[None]:
    """Give the app of this process these secrets and no others."""
    path = folder / "secrets.toml"
    path.write_text(text, encoding="utf-8")
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(path)])
    guarded, settings._memory["guarded"] = settings._memory["guarded"], True
    secrets_singleton._reset()
    try:
        yield
    finally:
        settings._memory["guarded"] = guarded
        config.set_option("secrets.files", before)
        secrets_singleton._reset()


def toml(auth: dict[str, str] | None = None, **access: list[str]) -> str:
    """Return secrets with sign-in."""
    lines = ["[auth]", *(f"{key} = {json.dumps(value)}" for key, value in (AUTH if auth is None else auth).items())]
    return "\n".join([*lines, "[access]", *(f"{key} = {json.dumps(value)}" for key, value in access.items())])
