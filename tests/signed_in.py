"""Signs visitors in without a provider: a secrets file, and cookies signed like Streamlit's."""

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
COOKIE_SECRET = "a long secret that only the tests use"
AUTH: dict[str, str] = {
    "redirect_uri": f"{ORIGIN}/oauth2callback",
    "cookie_secret": COOKIE_SECRET,
    "client_id": "app",
    "client_secret": "another secret",
    "server_metadata_url": "http://localhost:9400/.well-known/openid-configuration",
}


def claims(subject: str, **others: Any) -> dict[str, Any]:
    """Return the claims of a provider about a person."""
    return {"iss": "https://provider.example", "sub": subject, "email": f"{subject}@example.org", **others}


def signed_cookies(identity: dict[str, Any], secret: str = COOKIE_SECRET, origin: str = ORIGIN) -> dict[str, str]:
    """Return the cookies that Streamlit sets after sign-in; several if one would be too long."""
    cookies: dict[str, str] = {}

    def signed(name: str, value: str) -> bytes:
        return create_signed_value(secret, name, value)

    set_cookie_with_chunks(
        lambda name, value: cookies.update({name: signed(name, value).decode()}),
        signed, USER_COOKIE_NAME, identity | {"origin": origin, "is_logged_in": True, "provider": "default"},
        cookie_attr_size=100,
    )  # fmt: skip
    return cookies


def answer_of(
    app: ASGIApp, address: str, cookies: dict[str, str] | None = None, method: str = "GET", accept: str = "*/*"
) -> list[Message]:
    """Send an app a request as a server behind HTTPS would, and return its messages."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    path, _, query = address.partition("?")
    cookie = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
    headers = [
        (b"cookie", cookie.encode("latin-1", "replace")),
        (b"accept", accept.encode()),
        (b"host", b"app.example"),
    ]
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "scheme": "https", "server": None}

    async def request() -> None:
        await app(scope | {"query_string": query.encode(), "headers": headers}, receive, send)

    run_async(request())
    return messages


@contextlib.contextmanager
def secrets_file(folder: Path, text: str) -> Iterator[None]:
    """Let the app in this process use only these secrets for the length of a block."""
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
    """Return the content of a secrets file with sign-in and access rules."""
    lines = ["[auth]", *(f"{key} = {json.dumps(value)}" for key, value in (AUTH if auth is None else auth).items())]
    return "\n".join([*lines, "[access]", *(f"{key} = {json.dumps(value)}" for key, value in access.items())])
