"""The API inside the app's own server: guards, access rules, tokens from the About page."""

from __future__ import annotations

import datetime as dt
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.common.chromium import served
from emotion.library import LOCAL
from emotion.library.owners.tokens import Token
from emotion.report.stills import encode_png
from emotion.samples import sample_image
from tests.signed_in import secrets_file, toml
from ui.access import settings
from ui.shell.api_route import may_enter, needs_token


def ask(url: str, method: str = "GET", content: bytes | None = None, **headers: str) -> tuple[int, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, content, named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served("server.py", EMOTION_LIBRARY=str(tmp_path_factory.mktemp("library"))) as url:
        yield f"{url}/api/v1"


@pytest.mark.slow
def test_the_apps_server_answers_a_picture(api: str) -> None:
    assert json.loads(ask(f"{api}/health")[1])["status"] == "ok"
    png = encode_png(sample_image())
    status, text = ask(f"{api}/images", "POST", png, Content_Type="image/png")
    assert status == 200
    [face] = json.loads(text)["faces"]
    assert face["emotion"] == "happiness"
    assert json.loads(ask(f"{api}/jobs")[1]) == {"jobs": [], "total": 0}


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/images", "/videos", f"/jobs/{'0' * 32}/cancel"])
def test_a_foreign_page_reaches_nothing(api: str, path: str) -> None:
    assert ask(api + path, "POST", b"x", Origin="https://evil.example")[0] == 403
    assert ask(f"{api}/jobs", Host="evil.example")[0] == 421, "DNS rebinding"


def token(owner: str, address: str = "") -> Token:
    moment = dt.datetime.now(dt.UTC)
    return Token("1", owner, "program", address, moment, moment, None)


def test_without_sign_in_only_the_local_token_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.shell.api_route.is_local_only", lambda: True)
    assert not needs_token()
    monkeypatch.setattr("ui.shell.api_route.is_local_only", lambda: False)
    assert needs_token()
    assert may_enter(token(LOCAL))
    assert not may_enter(token("oidc:ada", "ada@example.org"))


def test_with_sign_in_a_token_needs_an_address_that_is_still_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("required", "guarded"):
        monkeypatch.setitem(settings._memory, name, settings._memory[name])
    with secrets_file(tmp_path, toml(allowed=["@example.org"], admins=["boss@other.test"])):
        assert needs_token()
        assert may_enter(token("oidc:ada", "ada@example.org"))
        assert may_enter(token("oidc:boss", "boss@other.test"))
        assert not may_enter(token("oidc:eve", "eve@elsewhere.test"))
        assert not may_enter(token("oidc:eve"))
        assert not may_enter(token(LOCAL))
    with secrets_file(tmp_path, "[auth"):
        assert needs_token()
        assert not may_enter(token("oidc:ada", "ada@example.org")), "nobody has access until the secrets are corrected"
