"""Browser messages sent to the real server over its WebSocket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.sync.client import ClientConnection, connect

from bench.common.chromium import served
from ui.access.message_guard import MAX_BYTES, TOO_BIG

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def app() -> Iterator[str]:
    with served("server.py") as url:
        yield url


def stream(app: str) -> ClientConnection:
    address = app.replace("http", "ws") + "/_stcore/stream"
    return connect(address, origin=app, subprotocols=["streamlit"], max_size=None, compression=None, open_timeout=60)


def closed_with(connection: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            connection.recv(timeout=60)
    return closed.value.rcvd.code if closed.value.rcvd else None


def test_a_message_of_many_megabytes_ends_the_connection(app: str) -> None:
    """Streamlit would parse it, and keep its text until the session ends."""
    with stream(app) as connection:
        connection.send(bytes(MAX_BYTES + 1))
        assert closed_with(connection) == TOO_BIG


def test_a_large_message_that_pages_may_send_is_read(app: str) -> None:
    with stream(app) as connection:
        connection.send(b"\xff" * MAX_BYTES)
        assert closed_with(connection) == CloseCode.PROTOCOL_ERROR, "Streamlit read it, but it is not a valid message"


def test_other_visitors_are_served_meanwhile(app: str) -> None:
    with stream(app) as attacker, stream(app) as other:
        attacker.send(bytes(MAX_BYTES + 1))
        assert closed_with(attacker) == TOO_BIG
        other.ping().wait(30)
        assert other.close_code is None
