"""A client that is still sending a file gets the error response; over a real connection."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from emotion.http_api import ADDRESS, unread_body
from tests.http_api.conftest import Server

PART, PARTS = b"x" * 100_000, 6
PAUSE_S = 0.1


@pytest.fixture
def port(server: Server) -> Iterator[int]:
    server.needs_token = True
    running = uvicorn.Server(uvicorn.Config(server.app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive(), "the server ended while starting"
        time.sleep(0.01)
    yield running.servers[0].sockets[0].getsockname()[1]
    running.should_exit = True
    thread.join()


@contextlib.contextmanager
def upload(port: int, announced: int, **headers: str) -> Iterator[http.client.HTTPConnection]:
    """Send the headers of a request without a token; the caller sends the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("POST", f"{ADDRESS}/images")
    for name, value in {"Content-Length": str(announced), "Connection": "close", **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    with contextlib.closing(connection):
        yield connection


@pytest.mark.slow
def test_a_client_that_sends_slowly_still_gets_the_error(port: int) -> None:
    with upload(port, PARTS * len(PART)) as connection:
        for _ in range(PARTS):
            time.sleep(PAUSE_S)
            connection.send(PART)
        assert connection.getresponse().status == 401


def test_a_client_that_stops_sending_does_not_delay_the_error_for_ever(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread_body, "LONGEST_S", 0.2)
    with upload(port, PARTS * len(PART)) as connection:
        connection.send(PART)
        assert connection.getresponse().status == 401


def test_a_large_rest_is_cut_off(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_body, "LARGEST_MB", 1)
    with upload(port, 10**12) as connection, pytest.raises(OSError, match=r"Broken pipe|reset"):
        for _ in range(1000):
            connection.send(PART)


def test_a_client_that_asks_before_sending_is_answered_at_once(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_body, "LONGEST_S", 60)
    with upload(port, len(PART), Expect="100-continue") as connection:
        assert connection.getresponse().status == 401
