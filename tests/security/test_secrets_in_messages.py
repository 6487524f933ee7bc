"""Passwords in addresses of storages and databases appear in no message and no log line.

Tested with local servers, one of which repeats the password, and with closed ports.
"""

from __future__ import annotations

import io
import logging
import os
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.common.postgres import Server
from emotion.engine.storage import Storage
from emotion.errors import EmotionError, LibraryError, VideoError
from emotion.library import LOCAL, Library
from emotion.masking import masked
from emotion.telemetry.logs import set_up_logs
from tests.conftest import ROOT

SECRET = "hunter2/@x:y"
ENCODED = "hunter2%2F%40x%3Ay"


@pytest.fixture
def gossip() -> Iterator[int]:
    """The port of an FTP server that refuses every sign-in and repeats the password."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(30)

    def serve() -> None:
        with server:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, connection.makefile("rw", newline="\r\n") as lines:
                    lines.write("220 ready\n")
                    lines.flush()
                    for line in lines:
                        command, _, given = line.strip().partition(" ")
                        lines.write("331 password\n" if command == "USER" else f"530 not with password {given}\n")
                        lines.flush()

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def test_a_server_that_repeats_the_password_is_not_quoted(gossip: int, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"ftp://ada:{ENCODED}@127.0.0.1:{gossip}/videos"
    monkeypatch.setenv("EMOTION_STORAGE_URL", address)
    with pytest.raises(LibraryError, match="530 not with password") as refused:
        Storage(address)
    assert "hunter2" not in str(refused.value)
    assert "ada" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        f"ftp://ada:{ENCODED}@127.0.0.1:1/videos",
        f"sftp://ada:{ENCODED}@127.0.0.1:1/videos",
        f"s3://KEYID:{SECRET}@bucket/videos",
        f"webdav://ada:{SECRET}@127.0.0.1:1/videos",
        f"nothing://ada:{SECRET}@127.0.0.1/videos",
        f"simplecache::nothing://ada:{SECRET}@127.0.0.1/videos",
        f"https://host/videos?sig=1&access_token={ENCODED}",
    ],
)
def test_a_storage_that_cannot_be_opened_does_not_show_its_password(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EMOTION_STORAGE_URL", address)
    with pytest.raises(EmotionError) as refused:
        Library.open(f"sqlite:///{tmp_path / 'library.db'}").for_owner(LOCAL).search()
        Storage(address).used_bytes("x")
        raise LibraryError(f"{address} does not answer")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ftp://ada:pw@host/x is away", "ftp://***@host/x is away"),
        ("'s3://KEY:a/b@c@bucket/x'", "'s3://***@bucket/x'"),
        ("postgresql+psycopg://me:pw@/name?host=/run", "postgresql+psycopg://***@/name?host=/run"),
        ("connect(host=db password=geheim1 user=x)", "connect(host=db password=*** user=x)"),
        ("{'secret_access_key': 'abc', 'n': 1}", "{'secret_access_key': '***', 'n': 1}"),
        ("https://host/a?X-Amz-Signature=0af&b=1", "https://host/a?X-Amz-Signature=***&b=1"),
        (
            "expected a password: 8 signs; got https://host/a.mp4",
            "expected a password: 8 signs; got https://host/a.mp4",
        ),
        ("ada@example.org is not allowed", "ada@example.org is not allowed"),
    ],
)
def test_what_is_masked_and_what_is_not(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(shown) == shown
    assert str(VideoError(text)) == shown
    assert str(pickle.loads(pickle.dumps(VideoError(text)))) == shown


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_log_line_has_a_password(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_LOG_FORMAT", form)
    monkeypatch.setenv("EMOTION_STORAGE_URL", f"sftp://ada:{ENCODED}@host/x")
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    try:
        set_up_logs(stream)
        logging.getLogger("emotion.try").warning("cannot open %s", f"sftp://ada:{ENCODED}@host/x")
        logging.getLogger("fsspec").warning("connecting with %s", {"username": "ada", "password": SECRET})
        logging.getLogger("paramiko").error("rejected: %s", SECRET, extra={"address": f"ftp://ada:{SECRET}@h"})
    finally:
        root.handlers[:], root.level = handlers, level
    assert stream.getvalue().count("***") >= 3
    assert "hunter2" not in stream.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("command", [["library", "backup", "b.tar"], ["doctor"]])
def test_the_command_line_does_not_print_the_password(command: list[str], tmp_path: Path) -> None:
    environment = os.environ | {
        "EMOTION_LIBRARY": str(tmp_path / "library"),
        "EMOTION_STORAGE_URL": f"ftp://ada:{ENCODED}@127.0.0.1:1/videos",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", "emotion", *command], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "hunter2" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def error_of(url: str, storage: Path) -> str:
    with pytest.raises(LibraryError, match="database") as refused:
        Library.open(url, str(storage))
    return str(refused.value)


def test_errors_of_a_database_name_no_host_user_or_path(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_bytes(b"no database at all" * 100)
    (tmp_path / "folder.db").mkdir()
    for url in (
        "postgresql://ada:hunter2@127.0.0.1:1/secrets",
        "postgresql://ada:hunter2@no-such-host.invalid/secrets",
        f"sqlite:///{tmp_path}/notes.db",
        f"sqlite:///{tmp_path}/folder.db",
    ):
        error_text = error_of(url, tmp_path / "storage")
        for word in ("hunter2", "ada", "127.0.0.1", "no-such-host", "secrets", str(tmp_path), "notes.db", "folder.db"):
            assert word not in error_text, error_text


def test_errors_of_postgresql_name_no_host_user_or_path(postgres: Server, tmp_path: Path) -> None:
    """A missing database, a missing user, a dropped table."""
    absent = error_of(postgres.url("nowhere"), tmp_path)
    stranger = error_of(f"postgresql+psycopg://mallory:hunter2@/postgres?host={postgres.folder}", tmp_path)
    with postgres.connect() as connection:
        connection.execute("CREATE DATABASE torn")
    library = Library.open(postgres.url("torn"), str(tmp_path))
    with postgres.connect("torn") as connection:
        connection.execute("DROP TABLE analysis_tags, analyses CASCADE")
    with pytest.raises(LibraryError) as gone:
        library.for_owner("ada@example.org").search("geheim")
    library.close()
    for error_text in (absent, stranger, str(gone.value)):
        for word in ("nowhere", "mallory", "hunter2", str(postgres.folder), "emotion-pg", "geheim", "example.org"):
            assert word not in error_text, error_text
