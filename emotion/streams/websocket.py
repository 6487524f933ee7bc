"""A WebSocket server that sends samples as JSON, or as bytes at ``/?format=binary``.

As in the app, pages of other sites and unknown host names (DNS rebinding) are refused. If other machines can connect,
every connection needs the token, as ``Authorization: Bearer …`` or, for browsers, ``?token=…``.
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from emotion.errors import LiveError, brief
from emotion.streams.hub import SinkStatus
from emotion.streams.samples import Channel, Sample
from emotion.streams.stream_clock import unix_time
from emotion.streams.wire import header_text, to_bytes, to_json
from emotion.web.addresses import check_port
from emotion.web.hosts import is_foreign, is_loopback, is_named_host

_WAITING = 32
"""Maximum number of samples waiting for one receiver; when it is reached, a new sample replaces the oldest."""
_MAX_RECEIVERS = 32
_START_S = 10.0
_CLOSE_S = 2.0
"""Longest wait at the end of a stream for a receiver that does not read, s."""


@dataclass(eq=False)
class _Receiver:
    binary: bool
    waiting: asyncio.Queue[str | bytes] = field(default_factory=lambda: asyncio.Queue(_WAITING))


class WebSocketSink:
    """Serves samples to WebSocket clients.

    Args:
        channels: The channels to send.
        people: Number of slots.
        address: Host or IP address to listen on.
        port: TCP port; 0 for any.
        token: Token that every client must send; None is allowed only if no other machine can connect.
        about: Metadata for the header.

    Raises:
        InputError: The port is neither 0 nor 1 to 65535.
        LiveError: websockets is not installed, the address cannot be used, or it needs a token.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        people: int,
        address: str = "127.0.0.1",
        port: int = 0,
        *,
        token: str | None = None,
        about: dict[str, str] | None = None,
    ) -> None:
        if token is None and not is_loopback(address):
            raise LiveError("expected EMOTION_STREAMS_TOKEN for a WebSocket that other machines can reach")
        if port:
            check_port(port)
        self._names = [channel.name for channel in channels]
        self._header, self._token = header_text(channels, people, about or {}), token
        self._address, self.port = address, port
        self._receivers: set[_Receiver] = set()
        self._sent = self._left_out = 0
        self._problem = ""
        self._loop = asyncio.new_event_loop()
        self._ready, self._stop = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="websocket stream", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_S) or self._problem:
            self.close()
            raise LiveError(self._problem or "the WebSocket server did not start")

    def send(self, sample: Sample) -> None:
        """Queue a sample for every receiver."""
        if self._problem:
            self._left_out += 1
            return
        self._sent += 1
        if self._receivers:
            self._call(self._send_to_all, sample, unix_time(sample.clock_s))

    def status(self) -> SinkStatus:
        """Return the state, with the number of connected receivers."""
        target = f"ws://{self._address}:{self.port}"
        return SinkStatus("WebSocket", target, len(self._receivers), self._sent, self._left_out, self._problem)

    def close(self) -> None:
        """Close all connections and the server."""
        self._call(self._stop.set)
        self._thread.join(_START_S)

    def _call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function in the server's loop; do nothing if the server has ended, which closes the loop."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)

    def _send_to_all(self, sample: Sample, unix_s: float) -> None:
        made: dict[bool, str | bytes] = {}
        for receiver in self._receivers:
            if receiver.binary not in made:
                content = to_bytes(sample, unix_s) if receiver.binary else to_json(sample, unix_s, self._names)
                made[receiver.binary] = content
            if receiver.waiting.full():
                receiver.waiting.get_nowait()
                self._left_out += 1
            receiver.waiting.put_nowait(made[receiver.binary])

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except ImportError:
            self._problem = "expected the package websockets; install the extra streams"
        except Exception as error:  # any error that ends the server must reach the caller and the status
            reason = brief(getattr(error, "strerror", None) or error)
            self._problem = f"the WebSocket cannot listen on {self._address}:{self.port}: {reason}"
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        from websockets.asyncio.server import serve  # noqa: PLC0415 – an extra

        options: dict[str, Any] = {"process_request": self._check, "compression": None, "max_size": 1024}
        async with serve(self._receive, self._address, self.port, close_timeout=_CLOSE_S, **options) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            self._ready.set()
            await self._stop.wait()

    def _check(self, connection: Any, request: Any) -> Any:
        """Return the response to a request that must be refused; None to accept the connection."""
        headers, query = request.headers, parse_qs(urlsplit(request.path).query)
        host = headers.get("Host", "")
        if is_foreign(headers.get("Origin"), host, "ws"):
            return connection.respond(http.HTTPStatus.FORBIDDEN, "This request came from another site.\n")
        if self._token is None and not is_named_host(host):
            return connection.respond(http.HTTPStatus.MISDIRECTED_REQUEST, "This server answers to localhost only.\n")
        if self._token is not None:
            given = headers.get("Authorization", "").removeprefix("Bearer ") or query.get("token", [""])[0]
            if not secrets.compare_digest(given.encode(), self._token.encode()):
                return connection.respond(http.HTTPStatus.UNAUTHORIZED, "expected the token of this stream\n")
        if len(self._receivers) >= _MAX_RECEIVERS:
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "too many receivers\n")
        return None

    async def _receive(self, connection: Any) -> None:
        from websockets.exceptions import ConnectionClosed  # noqa: PLC0415 – an extra

        query = parse_qs(urlsplit(connection.request.path).query)
        receiver = _Receiver(query.get("format", ["json"])[0] == "binary")
        with contextlib.suppress(ConnectionClosed):
            await connection.send(self._header)
            self._receivers.add(receiver)
            closed = asyncio.ensure_future(connection.wait_closed())
            try:
                while not closed.done():
                    await self._send_next(connection, receiver, closed)
            finally:
                closed.cancel()
                self._receivers.discard(receiver)

    @staticmethod
    async def _send_next(connection: Any, receiver: _Receiver, closed: asyncio.Future[None]) -> None:
        """Wait for the next sample and send it; return early if the receiver disconnects."""
        sample = asyncio.ensure_future(receiver.waiting.get())
        either: set[asyncio.Future[Any]] = {sample, closed}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if sample.done():
            await connection.send(sample.result())
        else:
            sample.cancel()
