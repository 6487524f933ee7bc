"""The redirect after sign-in leads to the requested page and nowhere else."""

from __future__ import annotations

from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import Receive, Scope, Send

from tests.signed_in import answer_of, claims, secrets_file, signed_cookies, toml
from ui.access import LoginRedirect
from ui.access import settings as access_settings
from ui.access.login_redirect import COOKIE

PAGE = "text/html,application/xhtml+xml"


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(access_settings._memory, "required", False)


@pytest.fixture
def shut(tmp_path: Path):
    with secrets_file(tmp_path, toml(allowed=["@example.org"])):
        yield


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """An app like Streamlit: a page for every path, and a redirect to the first page after sign-in."""
    signed_in = scope["path"] == "/oauth2callback"
    answer = RedirectResponse("/", 302) if signed_in else PlainTextResponse("a page")
    await answer(scope, receive, send)


def ask(address: str, cookies: dict[str, str] | None = None, accept: str = PAGE, method: str = "GET") -> Headers:
    return Headers(raw=answer_of(LoginRedirect(app), address, cookies, method, accept)[0]["headers"])


def kept(headers: Headers) -> dict[str, str]:
    return {name: morsel.value for name, morsel in SimpleCookie(headers.get("set-cookie", "")).items()}


@pytest.mark.usefixtures("shut")
@pytest.mark.parametrize("wanted", ["/video?analysis=0123abc", "/model_lab", "/video?analysis=a&at=1.5&q=%C3%A9%22"])
def test_sign_in_leads_to_the_requested_page(wanted: str) -> None:
    first = ask(wanted)
    cookie = SimpleCookie(first["set-cookie"])[COOKIE]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "lax")
    after = ask("/oauth2callback?code=1", kept(first))
    assert after["location"] == wanted
    assert kept(after) == {COOKIE: ""}, "once"


@pytest.mark.usefixtures("shut")
def test_home_clears_the_requested_page() -> None:
    assert kept(ask("/", kept(ask("/library")))) == {COOKIE: ""}
    assert ask("/oauth2callback?code=1")["location"] == "/"


@pytest.mark.usefixtures("shut")
@pytest.mark.parametrize(
    "forged",
    ["//elsewhere.example", "https:%2F%2Felsewhere.example", "..%2F..", "%2Felsewhere.example", "%5Celsewhere.example",
     "video%3Fa%3D%0D%0ASet-Cookie:x", "video.elsewhere.example", "video%3F" + "a" * 2000],
)  # fmt: skip
def test_the_cookie_cannot_redirect_to_another_site(forged: str) -> None:
    assert ask("/oauth2callback?code=1", {COOKIE: forged})["location"] == "/"


@pytest.mark.usefixtures("shut")
def test_only_pages_that_required_sign_in_are_remembered() -> None:
    assert "set-cookie" not in ask("/video", signed_cookies(claims("ada")))
    assert "set-cookie" not in ask("/video", accept="*/*"), "not a page in a browser"
    assert "set-cookie" not in ask("/video", method="POST")
    assert "set-cookie" not in ask("/auth/login"), "on the way to the provider"
    assert "set-cookie" not in ask("/static/js/index.js")


def test_without_sign_in_there_is_no_cookie() -> None:
    assert "set-cookie" not in ask("/video?analysis=1")
