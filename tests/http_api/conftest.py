"""The HTTP API with an empty library and one real model, without a dispatcher."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

import emotion
from emotion.http_api import ADDRESS, ApiContext, create_api
from emotion.library import Library
from emotion.library.owners.tokens import Token, create_token
from emotion.report.stills import encode_png
from emotion.samples import make_clip, sample_image

ADA, BEN = "oidc:ada", "oidc:ben"


@pytest.fixture(scope="session")
def analyzer() -> emotion.Analyzer:
    return emotion.Analyzer()


@pytest.fixture(scope="session")
def png() -> bytes:
    return encode_png(sample_image())


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4").read_bytes()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("EMOTION_FREE_MB", "none")
    opened = Library.open()
    yield opened
    opened.close()


class Server:
    """A server of the API; a test can require tokens and lock them out."""

    def __init__(self, library: Library, analyzer: emotion.Analyzer) -> None:
        self.library, self.needs_token, self.locked_out = library, False, set[str]()
        context = ApiContext(
            lambda: library, lambda: self.needs_token, lambda token: token.id not in self.locked_out, lambda _: analyzer
        )
        self.app = Starlette(routes=[Mount(ADDRESS, create_api(context))])

    def client(self, token: str | None = None) -> TestClient:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        base = f"http://localhost{ADDRESS}"
        return TestClient(self.app, base_url=base, headers=headers, raise_server_exceptions=False)

    def token(self, owner: str, name: str = "program", days: int = 30) -> tuple[Token, str]:
        return create_token(self.library.for_owner(owner), name, days=days)


@pytest.fixture
def server(library: Library, analyzer: emotion.Analyzer) -> Server:
    return Server(library, analyzer)


@pytest.fixture
def client(server: Server) -> TestClient:
    return server.client()
