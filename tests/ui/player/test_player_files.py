"""The app's route for videos: ranges, chunks, and owners."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from streamlit import config
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from tests.conftest import run_async
from tests.signed_in import claims, secrets_file, signed_cookies, toml
from ui.access import LOCAL_VISITOR, visitor_of
from ui.player import serve
from ui.player.files import VideoFiles

CONTENT = bytes(range(256)) * 4096


@pytest.fixture
def files() -> VideoFiles:
    return VideoFiles()


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video"
    path.write_bytes(CONTENT)
    return path


def ask(
    files: VideoFiles, address: str, wanted: str = "", cookies: dict[str, str] | None = None
) -> tuple[int, dict[str, str], list[bytes]]:
    """Return status, headers and chunks of the response, as an ASGI server gets them."""
    messages: list[dict] = []

    async def receive() -> dict:
        # The client stays connected and sends nothing more.
        return await asyncio.Future()

    async def send(message: dict) -> None:
        messages.append(message)

    headers = [(b"range", wanted.encode())] if wanted else []
    headers += [(b"cookie", "; ".join(f"{name}={value}" for name, value in (cookies or {}).items()).encode())]
    scope = {"type": "http", "method": "GET", "path": address, "root_path": "", "query_string": b"", "headers": headers}
    run_async(Starlette(routes=[files.route()])(scope, receive, send))
    fields = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    return messages[0]["status"], fields, [message["body"] for message in messages[1:]]


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("", 200, slice(None)),
        ("bytes=100-199", 206, slice(100, 200)),
        ("bytes=1000-", 206, slice(1000, None)),
        ("bytes=-10", 206, slice(-10, None)),
    ],
)
def test_ranges_are_sent_in_chunks(files: VideoFiles, video: Path, wanted: str, status: int, part: slice):
    answered, headers, pieces = ask(files, files.address(video, LOCAL_VISITOR), wanted)
    assert answered == status
    assert b"".join(pieces) == CONTENT[part]
    assert max(map(len, pieces)) <= 1 << 17
    assert (headers["content-type"], headers["accept-ranges"]) == ("video/mp4", "bytes")


def test_an_invalid_range_is_refused(files: VideoFiles, video: Path):
    assert ask(files, files.address(video, LOCAL_VISITOR), f"bytes={len(CONTENT)}-")[0] == 416


def test_a_url_is_stable_and_cannot_be_altered(files: VideoFiles, video: Path, tmp_path: Path):
    address = files.address(video, LOCAL_VISITOR)
    assert files.address(video, LOCAL_VISITOR) == address
    (tmp_path / "other").write_bytes(b"x")
    assert files.address(tmp_path / "other", LOCAL_VISITOR) != address
    assert ask(files, f"{address}x")[0] == 404
    assert ask(files, "/video-files/..%2Fvideo")[0] == 404


def test_a_deleted_video_is_gone(files: VideoFiles, video: Path):
    address = files.address(video, LOCAL_VISITOR)
    video.unlink()
    assert ask(files, address)[0] == 404


def test_deleted_videos_are_forgotten(files: VideoFiles, video: Path, tmp_path: Path):
    address, other = files.address(video, LOCAL_VISITOR), tmp_path / "other"
    other.write_bytes(b"x")
    video.unlink()
    kept = files.address(other, LOCAL_VISITOR)
    # A video at the same place is another one.
    video.write_bytes(b"new")
    assert ask(files, address)[0] == 404
    assert files.address(video, LOCAL_VISITOR) != address
    assert ask(files, kept)[0] == 200


def test_the_route_is_used_only_if_the_server_has_it(files: VideoFiles):
    assert not files.is_served
    files.route()
    assert files.is_served


def test_only_its_owner_gets_a_video(files: VideoFiles, video: Path, tmp_path: Path):
    ada, bob = signed_cookies(claims("ada")), signed_cookies(claims("bob"))
    here = files.address(video, LOCAL_VISITOR)
    with secrets_file(tmp_path, toml()):
        hers = files.address(video, visitor_of(ada))
        assert hers not in {here, files.address(video, visitor_of(bob))}
        assert [ask(files, hers, cookies=who)[0] for who in (ada, bob, {})] == [200, 404, 404]
        assert ask(files, hers, "bytes=0-9", cookies=bob)[2] == ask(files, f"{hers}x", cookies=bob)[2]
        assert ask(files, here, cookies=ada)[0] == 404, "files from before sign-in are not theirs"
    assert ask(files, here)[0] == 200


def test_videos_are_served_below_a_base_path(files: VideoFiles, video: Path, monkeypatch: pytest.MonkeyPatch):
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    monkeypatch.setattr(serve, "get_instance", lambda: SimpleNamespace(media_file_mgr=manager))
    assert serve.data_url(CONTENT, "place").startswith("/media/")
    before = config.get_option("server.baseUrlPath")
    config.set_option("server.baseUrlPath", "faces")
    try:
        address = files.address(video, LOCAL_VISITOR)
        assert address.startswith("/faces/video-files/")
        assert ask(files, address)[0] == 200
        assert ask(files, address.removeprefix("/faces"))[0] == 404
        assert serve.data_url(CONTENT, "place").startswith("/faces/media/")
    finally:
        config.set_option("server.baseUrlPath", before)
