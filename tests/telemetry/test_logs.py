"""Logs in both formats, and that they contain no personal data."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from prometheus_client import generate_latest
from streamlit.testing.v1 import AppTest

import emotion
from emotion.errors import InputError, LibraryError, SettingsError
from emotion.library import LOCAL, JobSettings, Library, State
from emotion.library.jobs import Dispatcher
from emotion.samples import make_clip
from emotion.settings import library_dir
from emotion.telemetry.counters import REGISTRY
from emotion.telemetry.logs import redirect_loggers, set_up_logs, without_message
from tests.conftest import ROOT

TELLING = "Martha Musterfrau.martha@example.org.mp4"
NAMES = ("Martha", "Musterfrau", "example.org", "Scheidung")
"""Words of the file's name and title."""


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Restore the process's logging after a test that changes it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("emotion", "ui")}
    yield monkeypatch
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def written(form: str, monkeypatch: pytest.MonkeyPatch, level: str = "info") -> io.StringIO:
    monkeypatch.setenv("EMOTION_LOG_FORMAT", form)
    monkeypatch.setenv("EMOTION_LOG_LEVEL", level)
    stream = io.StringIO()
    set_up_logs(stream, analysis="a" * 32)
    return stream


def fail() -> None:
    try:
        raise PermissionError(13, "Permission denied", f"/home/martha/{TELLING}")
    except OSError as error:
        raise InputError(f"{TELLING} is not a video that can be read") from error


def failure() -> InputError:
    with pytest.raises(InputError) as raised:
        fail()
    return raised.value


def test_a_json_line_is_one_object_with_extra_fields(logs):
    stream = written("json", logs)
    logging.getLogger("emotion.test").info("worker of %s", "b" * 32, extra={"frames": 7})
    line = json.loads(stream.getvalue())
    moment = line.pop("time")
    assert line.pop("pid") > 0
    assert line == {
        "level": "INFO", "logger": "emotion.test", "message": f"worker of {'b' * 32}",
        "analysis": "a" * 32, "frames": 7,
    }  # fmt: skip
    assert moment.endswith("+00:00")


@pytest.mark.parametrize("form", ["text", "json"])
def test_exceptions_are_logged_without_their_message(logs, form):
    stream = written(form, logs)
    log = logging.getLogger("emotion.test")
    log.warning("it cannot be read: %s", failure())
    log.warning(failure())
    try:
        fail()
    except InputError:
        log.exception("a job failed")
    text = stream.getvalue()
    assert not any(name.casefold() in text.casefold() for name in NAMES)
    assert text.count("InputError") == 3
    assert "PermissionError EACCES ← tests/telemetry/test_logs.py:" in text


def test_exceptions_as_text():
    assert without_message(ValueError("Martha")) == "ValueError"
    assert without_message(failure()).startswith(
        "InputError after PermissionError EACCES at tests/telemetry/test_logs.py:"
    )
    assert without_message(SettingsError("expected a number; got 'x'")) == "SettingsError: expected a number; got 'x'"


def test_other_handlers_get_the_unchanged_record(logs, caplog):
    written("text", logs)
    logging.getLogger().addHandler(caplog.handler)
    logging.getLogger("emotion.test").warning("%s", LibraryError("whole"))
    assert caplog.messages == ["whole"]


def test_the_level_applies_to_own_loggers_and_others_log_warnings(logs):
    stream = written("text", logs, "error")
    logging.getLogger("emotion.test").warning("ours")
    logging.getLogger("aioice").info("192.0.2.1")
    logging.getLogger("aioice").warning("theirs")
    assert [line.rpartition(": ")[2] for line in stream.getvalue().splitlines()] == ["theirs"]


def test_loggers_with_their_own_handler_are_redirected(logs):
    own, stream = io.StringIO(), written("json", logs)
    alone = logging.getLogger("prints.by.itself")
    alone.propagate = False
    alone.addHandler(logging.StreamHandler(own))
    set_up_logs(stream)
    alone.warning("hello")
    assert own.getvalue() == ""
    assert json.loads(stream.getvalue())["message"] == "hello"


@pytest.mark.parametrize("variable", ["EMOTION_LOG_FORMAT", "EMOTION_LOG_LEVEL"])
def test_an_invalid_setting_is_refused(logs, variable):
    logs.setenv(variable, "loud")
    with pytest.raises(SettingsError, match=f"expected {variable} to be one of .*; got 'loud'"):
        set_up_logs()


def test_logged_exceptions_are_counted_by_class(logs):
    written("text", logs)
    before = counted("InputError")
    logging.getLogger("emotion.test").warning("%s", failure())
    logging.getLogger("emotion.test").info("%s", failure())
    assert counted("InputError") == before + 1


def counted(error: str) -> float:
    return REGISTRY.get_sample_value("emotion_errors_total", {"error": error}) or 0.0


@pytest.mark.slow
@pytest.mark.skipif(not emotion.list_models(), reason="no model is installed")
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_log_of_a_job_contains_file_name_or_title(logs, tmp_path, form):
    """A successful job and one with a corrupted video: two workers and their dispatcher."""
    logs.setenv("EMOTION_LIBRARY", str(tmp_path))
    stream = written(form, logs, "debug")
    library = Library.open()
    repository = library.for_owner(LOCAL)
    whole = make_clip(tmp_path / "clip.mp4")
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(whole.read_bytes())
    entries = [
        repository.add(path, TELLING, JobSettings(fps=2), title="Scheidung Musterfrau", tags=["Martha"])
        for path in (whole, torn)
    ]
    Path(repository.video_path(entries[1].id) or "").write_bytes(b"no video")
    dispatcher = Dispatcher(library, at_once=1)
    end = time.monotonic() + 120
    while not all(repository.get(entry.id).state.is_over for entry in entries):
        assert time.monotonic() < end
        dispatcher.run_once()
        time.sleep(0.1)
    while dispatcher._children:
        dispatcher.run_once()
        time.sleep(0.1)
    assert [repository.get(entry.id).state for entry in entries] == [State.DONE, State.FAILED]
    assert "Martha" in repository.get(entries[1].id).note, "the owner's note has the name"
    library.close()

    text = stream.getvalue() + "".join(path.read_text() for path in (library_dir() / "logs").iterdir())
    text += generate_latest(REGISTRY).decode()
    assert not any(name.casefold() in text.casefold() for name in NAMES)
    assert all(entry.id in text for entry in entries)
    assert "the analysis is over" in text
    assert "VideoError" in text
    assert REGISTRY.get_sample_value("emotion_workers_ended_total", {"how": "input"}) >= 1


@pytest.mark.slow
def test_a_server_reports_an_invalid_setting():
    command = [sys.executable, "-c", "from emotion.telemetry.logs import set_up_logs; set_up_logs()"]
    environment = os.environ | {"EMOTION_LOG_FORMAT": "xml"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert "expected EMOTION_LOG_FORMAT to be one of text, json; got 'xml'" in done.stderr


def unexpected() -> None:
    from emotion.errors import InputError

    raise InputError("Martha Musterfrau.mp4 is not a video")


@pytest.mark.slow
def test_unexpected_page_errors_are_logged_without_their_message(logs, capfd):
    # Streamlit reads its settings with the first page; a server reads them at its start.
    AppTest.from_function(lambda: None, default_timeout=60).run()
    stream = written("text", logs)
    capfd.readouterr()
    page = AppTest.from_function(unexpected, default_timeout=60).run()
    assert page.exception[0].message != "", "the page has an unexpected error"
    text = stream.getvalue() + "".join(capfd.readouterr())
    assert "Uncaught app execution" in stream.getvalue()
    assert "InputError ←" in stream.getvalue()
    assert not any(name in text for name in NAMES)


def test_a_library_opened_without_a_page_is_no_warning(logs):
    """The HTTP API opens it on a thread of its own, where Streamlit misses the page of the spinner."""
    stream = written("text", logs)
    opened = st.cache_resource(show_spinner="Opening the library …")(lambda: "library")
    assert opened() == "library"
    assert stream.getvalue() == ""


@pytest.mark.slow
def test_requests_are_never_logged(logs):
    stream = written("text", logs, "debug")
    for name in ("uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).setLevel("INFO")
    redirect_loggers()
    logging.getLogger("uvicorn.access").info('192.0.2.1:1 - "GET / HTTP/1.1" 200')
    logging.getLogger("uvicorn.error").info('192.0.2.1:1 - "WebSocket /_stcore/stream" [accepted]')
    assert stream.getvalue() == ""
    logging.getLogger("uvicorn.error").error("Exception in ASGI application")
    assert "Exception in ASGI application" in stream.getvalue()
