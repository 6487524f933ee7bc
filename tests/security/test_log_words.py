"""Logs contain neither text from strangers nor forged lines."""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from bench.common.chromium import served
from emotion.telemetry.logs import RedactedJson, RedactedText
from tests.signed_in import AUTH, ORIGIN, toml


def record(name: str, message: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, __file__, 1, message, values, None)


@pytest.mark.parametrize("form", [RedactedText(), RedactedJson({})], ids=["text", "json"])
def test_texts_of_other_packages_are_left_out_and_numbers_stay(form: logging.Formatter) -> None:
    line = form.format(record("streamlit.web", "error %s on port %d: %s", "Martha", 8501, "https://evil.example"))
    assert "error … on port 8501: …" in line
    assert "Martha" not in line
    assert "evil.example" not in line


@pytest.mark.parametrize("form", [RedactedText(), RedactedJson({})], ids=["text", "json"])
def test_a_message_is_one_line_without_control_characters(form: logging.Formatter) -> None:
    forged = record("emotion.x", "kept: %s", "a\n2026-01-01 ERROR forged\x1b[2J\u202e")
    forged.reason = "b\r\nforged"
    line = form.format(forged)
    assert "kept: a 2026-01-01 ERROR forged[2J" in line
    assert not set("\n\r\x1b\u202e") & set(line)


@pytest.mark.slow
def test_the_error_of_a_sign_in_stays_out_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Anybody can open the provider's return address with any error text in it."""
    secrets = tmp_path / "home" / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir(parents=True)
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    secrets.write_text(toml(AUTH), encoding="utf-8")
    with served("server.py", HOME=str(tmp_path / "home")) as url:
        host = ORIGIN.partition("//")[2]
        address = f"{url}/oauth2callback?error=Musterfrau%0AERROR+forged&error_description=evil.example"
        request = urllib.request.Request(address, headers={"Host": host, "Origin": "https://evil.example"})
        try:
            urllib.request.urlopen(request, timeout=20).close()
        except urllib.error.HTTPError as error:
            error.close()
    written = capfd.readouterr().err
    assert "Error during authentication" in written
    assert not [word for word in ("Musterfrau", "evil.example", "forged") if word in written]
