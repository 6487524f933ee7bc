"""A sign-in ends with the provider's token, for pages and downloads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_server_config import AUTH_COOKIE_MAX_AGE_SECONDS

from tests.conftest import ROOT
from tests.signed_in import claims, secrets_file, signed_cookies, toml
from ui.access import settings, visitor_of
from ui.access.rules import LEEWAY_S, is_over

NOW_S = 1_800_000_000.0


@pytest.fixture(autouse=True)
def sign_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("required", "guarded"):
        monkeypatch.setitem(settings._memory, name, settings._memory[name])
    with secrets_file(tmp_path, toml(allowed=["@example.org"])):
        yield


@pytest.mark.parametrize(
    ("expires_s", "over"),
    [
        (NOW_S + 3600, False),
        (NOW_S - LEEWAY_S / 2, False),
        (NOW_S - LEEWAY_S, True),
        (0, True),
        (None, False),
        ("never", True),
        (True, True),
        (float("nan"), True),
    ],
)
def test_a_token_ends_at_its_expiry(expires_s: object, over: bool) -> None:
    assert is_over({"exp": expires_s}, NOW_S) is over


def test_a_cookie_opens_no_file_after_the_token_ended() -> None:
    assert visitor_of(signed_cookies(claims("ada", exp=time.time() + 600))) is not None
    assert visitor_of(signed_cookies(claims("ada", exp=time.time() - 600))) is None


@pytest.mark.parametrize("name", ["home", "library"])
def test_a_page_asks_to_sign_in_again(name: str) -> None:
    page = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=200)
    page.user = claims("ada", is_logged_in=True, exp=time.time() - 600)
    page.run()
    assert not page.exception
    assert [title.value for title in page.title] == ["Sign in"]
    assert "has ended" in page.info[0].value


def test_the_cookie_lasts_as_long_as_the_documentation_says() -> None:
    assert AUTH_COOKIE_MAX_AGE_SECONDS == 30 * 24 * 3600
    assert "30 days" in (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
