"""The guard around the server: media files for their owners, uploads for visitors with access."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send
from streamlit import config
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from tests.signed_in import AUTH, answer_of, claims, secrets_file, signed_cookies, toml
from ui.access import LOCAL_VISITOR, Guard, Visitor, visitor_of
from ui.access import guard as guard_module
from ui.access import settings as access_settings
from ui.access.exposure import access_summary, is_local_only
from ui.access.guard import NO_FILE, MediaOwners
from ui.access.rules import Rules

Present = Callable[[Visitor | None], None]


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reset the process-wide memory that sign-in is required."""
    monkeypatch.setitem(access_settings._memory, "required", False)


@pytest.fixture
def shut(tmp_path: Path) -> Iterator[None]:
    with secrets_file(tmp_path, toml(allowed=["@example.org"])):
        yield


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> Present:
    """Set the visitor for whom a page is rendered."""

    def say(visitor: Visitor | None) -> None:
        monkeypatch.setattr(guard_module, "find_visitor", lambda: visitor)

    return say


@pytest.fixture
def manager() -> MediaFileManager:
    """Streamlit's media file manager with its own storage."""
    return MediaFileManager(MemoryMediaFileStorage("/media"))


def visitor(subject: str) -> Visitor:
    found = Rules().admit(claims(subject))
    assert isinstance(found, Visitor)
    return found


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that answers every request with 200."""
    del receive
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the file"})


def status(media: MediaOwners, path: str, cookies: dict[str, str] | None = None, method: str = "GET") -> int:
    return ask(media, path, cookies, method)[0]


def ask(
    media: MediaOwners, path: str, cookies: dict[str, str] | None = None, method: str = "GET"
) -> tuple[int, dict[bytes, bytes]]:
    """Send a request through the guard, and return status and headers."""
    messages = answer_of(Guard(app, media), path, cookies, method)
    assert messages[0]["status"] == 200 or messages[1]["body"] == NO_FILE.encode()
    return int(messages[0]["status"]), dict(messages[0]["headers"])


@contextlib.contextmanager
def listening_on(address: str | None) -> Iterator[None]:
    before = config.get_option("server.address")
    config.set_option("server.address", address)
    try:
        yield
    finally:
        config.set_option("server.address", before)


ADA, BOB = signed_cookies(claims("ada")), signed_cookies(claims("bob"))


def test_the_guard_reads_the_same_identity_as_the_page(shut):
    assert visitor_of(ADA) == visitor("ada")
    assert visitor_of(signed_cookies(claims("ada", groups=["x" * 60] * 200))) == visitor("ada"), "several cookies"


@pytest.mark.parametrize(
    "cookies",
    [
        {},
        {"_streamlit_user": "ada"},
        {"_streamlit_user": "ü – 会"},
        {"_streamlit_user": "A" + next(iter(ADA.values()))},
        {"_streamlit_user_tokens": next(iter(ADA.values()))},
        signed_cookies(claims("ada"), secret="another secret that somebody made up"),
        signed_cookies(claims("ada"), origin="https://elsewhere.test"),
        signed_cookies(claims("eve", email="eve@elsewhere.test")),
        signed_cookies({"iss": "https://provider.example"}),
    ],
    ids=["none", "no signature", "no text", "changed", "another's", "forged", "elsewhere", "not listed", "nameless"],
)
def test_invalid_cookies_identify_nobody(shut, cookies: dict[str, str]):
    assert visitor_of(cookies) is None


def test_without_sign_in_everyone_gets_every_file(manager, present):
    media = MediaOwners()
    assert visitor_of({}) == LOCAL_VISITOR
    assert status(media, "/media/anything.png") == 200
    assert status(media, "/_stcore/upload_file/s/f", method="PUT") == 200


def test_only_owners_get_a_media_file(shut, manager, present):
    media = MediaOwners()
    media.watch(manager)
    media.watch(manager)
    present(visitor("ada"))
    mine = manager.add(b"mine", "text/csv", "1", "mine.csv", is_for_static_download=True)
    ours = manager.add(b"ours", "image/png", "2")
    present(visitor("bob"))
    assert manager.add(b"ours", "image/png", "2") == ours
    present(None)
    logo = manager.add(b"logo", "image/svg+xml", "3")

    assert [status(media, mine, who) for who in (ADA, BOB, {})] == [200, 404, 404]
    assert [status(media, ours, who) for who in (ADA, BOB, {})] == [200, 200, 404]
    assert [status(media, logo, who) for who in (ADA, BOB, {})] == [200, 200, 200]
    assert status(media, mine, BOB, "HEAD") == 404
    assert status(media, "/media/never.png", ADA) == 404, "same as for another owner's file"
    assert status(media, mine.removesuffix(".csv"), BOB) == 404
    assert status(media, f"{mine}.x", BOB) == 404
    assert status(media, mine.replace("/media", "/media/."), BOB) == 404


def test_unreadable_secrets_block_every_file(tmp_path: Path, manager, present):
    """Without them, the guard cannot know whether sign-in is required."""
    with secrets_file(tmp_path, "[auth\nthis is no TOML"):
        media = MediaOwners()
        media.watch(manager)
        present(visitor("ada"))
        mine = manager.add(b"mine", "text/csv", "1", "mine.csv", is_for_static_download=True)
        assert [status(media, mine, who) for who in (ADA, {})] == [404, 404]
        assert status(media, "/_stcore/upload_file/s/f", ADA, method="PUT") == 404


def test_private_files_are_not_cached(shut, manager, present):
    media = MediaOwners()
    media.watch(manager)
    present(visitor("ada"))
    mine = manager.add(b"mine", "text/csv", "1")
    for who in (ADA, BOB):
        assert ask(media, mine, who)[1][b"cache-control"] == b"no-store"
    assert b"cache-control" not in ask(media, "/static/media/font.woff2", ADA)[1]


def test_deferred_files_belong_to_the_visitor_of_the_page(shut, manager, present):
    media = MediaOwners()
    media.watch(manager)
    present(visitor("ada"))
    promise = manager.add_deferred(lambda: b"made later", "text/csv", "1", "later.csv")
    present(None)  # as on the thread that creates the file
    address = manager.execute_deferred(promise)
    assert [status(media, address, who) for who in (ADA, BOB, {})] == [200, 404, 404]


def test_owners_of_removed_files_are_forgotten(shut, manager, present, monkeypatch):
    monkeypatch.setattr(guard_module, "_MANY", 20)
    media = MediaOwners()
    media.watch(manager)
    present(visitor("ada"))
    kept = manager.add(b"kept", "text/csv", "kept")
    for number in range(100):
        manager.add(b"%d" % number, "text/csv", "always replaced")
        manager.remove_orphaned_files()
    assert len(media._owners) <= 21
    assert status(media, kept, ADA) == 200
    assert status(media, kept, BOB) == 404


def test_uploads_require_access(shut):
    path = "/_stcore/upload_file/session/file"
    assert [status(MediaOwners(), path, who, "PUT") for who in (ADA, {})] == [200, 404]
    assert status(MediaOwners(), path, signed_cookies(claims("eve", email="eve@elsewhere.test")), "PUT") == 404


def test_other_paths_stay_open_for_sign_in(shut):
    for path in ("/", "/video", "/_stcore/health", "/static/media/font.woff2", "/oauth2callback", "/media"):
        assert status(MediaOwners(), path) == 200


def test_the_guard_works_below_a_base_path(shut, manager, present):
    before = config.get_option("server.baseUrlPath")
    config.set_option("server.baseUrlPath", "/faces/")
    try:
        assert status(MediaOwners(), "/faces/media/x.png", ADA) == 404
        assert status(MediaOwners(), "/faces/_stcore/upload_file/s/f", {}, "PUT") == 404
        assert status(MediaOwners(), "/media/x.png", ADA) == 200, "the app is not served there"
    finally:
        config.set_option("server.baseUrlPath", before)


@pytest.mark.parametrize(
    "text",
    [
        "[auth",
        toml({}),
        toml(AUTH | {"cookie_secret": "xxx"}),
        toml({key: value for key, value in AUTH.items() if key != "client_secret"}),
        toml(AUTH | {"redirect_uri": "http://localhost:8501"}),
        toml(AUTH, allowed=["example.org"]),
        'auth = "yes"',
    ],
    ids=["no TOML", "empty", "short secret", "no client secret", "no callback", "no address", "no section"],
)
def test_incomplete_sign_in_blocks_everyone(tmp_path, text: str, caplog: pytest.LogCaptureFixture):
    with secrets_file(tmp_path, text), caplog.at_level(logging.WARNING):
        guard_module._check_settings()
        assert visitor_of(ADA) is None
        assert status(MediaOwners(), "/media/x.png", ADA) == 404
        assert status(MediaOwners(), "/_stcore/upload_file/s/f", ADA, "PUT") == 404
    assert "nobody can sign in: expected " in caplog.text
    assert AUTH["client_secret"] not in caplog.text


def test_sign_in_stays_on_when_secrets_are_removed(tmp_path):
    with secrets_file(tmp_path, toml()):
        guard_module._check_settings()
    assert visitor_of({}) is None
    assert status(MediaOwners(), "/media/x.png") == 404


def test_the_log_states_who_has_access(tmp_path, caplog: pytest.LogCaptureFixture, monkeypatch):
    with secrets_file(tmp_path, toml()), caplog.at_level(logging.WARNING):
        guard_module._check_settings()
    assert "everyone with an account at the sign-in service may enter" in caplog.text
    caplog.clear()
    monkeypatch.setitem(access_settings._memory, "required", False)
    with listening_on("0.0.0.0"), caplog.at_level(logging.WARNING):
        guard_module._check_settings()
    assert "this server listens on 0.0.0.0 without sign-in" in caplog.text
    caplog.clear()
    with listening_on("localhost"), caplog.at_level(logging.WARNING):
        guard_module._check_settings()
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("address", "alone"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), (None, False), ("", False), ("0.0.0.0", False),
     ("::", False), ("192.0.2.7", False), ("faces.example.org", False)],
)  # fmt: skip
def test_the_access_summary_follows_the_listening_address(address: str | None, alone: bool):
    with listening_on(address):
        assert is_local_only() is alone
        assert ("Only this computer" in access_summary(sign_in=False)) is alone
        assert "requires sign-in" in access_summary(sign_in=True)
