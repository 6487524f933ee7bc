"""The API alone, without the app: ``emotion serve``."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from emotion.errors import EmotionError
from emotion.http_api.app import ADDRESS, create_api
from emotion.http_api.context import ApiContext
from emotion.library import Library
from emotion.library.jobs import Dispatcher
from emotion.web.hosts import is_loopback
from emotion.web.origin_guard import OriginGuard

DEFAULT_PORT = 8502
_SHUTDOWN_S = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Where the API listens.

    Attributes:
        address: Host or IP address.
        port: TCP port.
        needs_token: Whether requests from this machine need a token, too.
    """

    address: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    needs_token: bool = False

    @property
    def is_local_only(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.address)


def create_server(library: Library, options: ServeOptions) -> Starlette:
    """Return an application that serves the API and runs its jobs.

    Args:
        library: The library.
        options: Where it listens; if other machines can connect, every request needs a token.
    """
    needs_token = options.needs_token or not options.is_local_only
    context = ApiContext(
        open_library=lambda: library,
        needs_token=lambda: needs_token,
        # The server's administrator made the token, or the app did for somebody with access.
        may_enter=lambda token: True,
    )

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        dispatcher = Dispatcher(library).start()
        try:
            yield
        finally:
            dispatcher.stop()

    guard = Middleware(OriginGuard)
    return Starlette(routes=[Mount(ADDRESS, create_api(context))], middleware=[guard], lifespan=lifespan)


def serve(options: ServeOptions) -> int:
    """Serve the API until it is stopped, and return 0.

    Raises:
        EmotionError: The library cannot be opened, or the address cannot be used.
    """
    import uvicorn  # noqa: PLC0415 – an extra

    library = Library.open()
    config = uvicorn.Config(
        create_server(library, options),
        host=options.address,
        port=options.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            log.info("the API is at http://%s:%d%s", options.address, options.port, ADDRESS)

    try:
        Server(config).run()
    except (SystemExit, UnicodeError) as error:  # UnicodeError: a name that no host can have
        why = "another program uses it, or it is not this machine's"
        raise EmotionError(f"the server cannot listen on {options.address}:{options.port}: {why}") from error
    finally:
        library.close()
    return 0
