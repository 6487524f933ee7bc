"""Attacks by other websites in a visitor's browser: foreign origins and DNS rebinding, on the real server."""

from __future__ import annotations

import base64
import os
import socket
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from bench.common.chromium import served
from ui.access.origins import FOREIGN_ORIGIN, is_foreign, is_known_host

pytestmark = pytest.mark.slow

HEALTH = "/_stcore/health"
STREAM = "/_stcore/stream"


@pytest.fixture(scope="module")
def app() -> Iterator[str]:
    with served("server.py", EMOTION_HOSTS="faces.lan, Other.example:80") as url:
        yield url


def ask(app: str, path: str, method: str = "GET", **headers: str) -> int:
    """Send a request with given headers, and return the status of the response."""
    return int(answer_to(app, path, method, **headers).split()[1])


def answer_to(app: str, path: str, method: str, **headers: str) -> str:
    """Send the bytes of a request unchanged, and return the beginning of the response."""
    target = urlsplit(app)
    headers = {"Host": target.netloc, "Connection": "close"} | {
        name.replace("_", "-"): v for name, v in headers.items()
    }
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    with socket.create_connection((target.hostname, target.port), timeout=30) as connection:
        connection.sendall("\r\n".join(lines).encode())
        answer = connection.recv(4096)
        if b"101 Switching" not in answer:  # the body may arrive separately
            answer += connection.recv(4096)
        return answer.decode("latin-1")


def shake_hands(app: str, **headers: str) -> int:
    """Request a WebSocket to Streamlit's stream."""
    key = base64.b64encode(os.urandom(16)).decode()
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13", "Sec_WebSocket_Key": key}
    return ask(app, STREAM, **(upgrade | headers))


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://127.0.0.1:1",
        "http://localhost.evil.example",
        "null",
        "",
        "http://[::1",
        "file://",
    ],
)
def test_a_foreign_page_opens_no_websocket(app: str, origin: str) -> None:
    assert shake_hands(app, Origin=origin) == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_foreign_page_changes_nothing(app: str, method: str) -> None:
    path = "/_stcore/upload_file/session/file"
    assert FOREIGN_ORIGIN in answer_to(app, path, method, Origin="https://evil.example", Content_Length="0")
    assert FOREIGN_ORIGIN not in answer_to(app, path, method, Origin=app, Content_Length="0")


def test_the_apps_own_page_opens_its_websocket(app: str) -> None:
    assert shake_hands(app, Origin=app) == 101
    port = urlsplit(app).port
    assert shake_hands(app, Origin=f"http://localhost:{port}", Host=f"localhost:{port}") == 101


def test_foreign_handshakes_do_not_delay_others(app: str) -> None:
    """Each used to take seconds, because Streamlit asked an internet service for this machine's address."""
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: shake_hands(app, Origin="https://evil.example"), range(40)))
        begun = time.monotonic()
        with urllib.request.urlopen(app + HEALTH, timeout=10) as answer:
            assert answer.status == 200
    assert answers == [403] * 40
    assert time.monotonic() - begun < 5, "the delay used to be 20 s"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8501", "localhost.evil.example", "10.0.0.7", "", "[::2]"]
)
def test_a_rebound_name_is_not_answered(app: str, host: str) -> None:
    assert ask(app, HEALTH, Host=host) in {400, 421}
    assert shake_hands(app, Host=host, Origin=f"http://{host}") in {400, 403, 421}


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:8501", "faces.lan:8501", "other.example"]
)
def test_this_machine_and_named_hosts_are_answered(app: str, host: str) -> None:
    assert ask(app, HEALTH, Host=host) == 200


def test_a_proxy_that_ends_tls_keeps_the_origin() -> None:
    assert not is_foreign("https://app.example", "app.example", "http")
    assert is_foreign("https://app.example:8443", "app.example", "http")
    assert not is_foreign(None, "app.example", "http"), "clients other than browsers send no Origin"


def test_hosts_are_compared_whole() -> None:
    assert is_known_host("localhost.")
    assert not is_known_host("localhost@evil.example")
    assert not is_known_host("evil.example/localhost")
