"""Settings are checked, and ``docs/settings.md`` lists exactly the fields of :class:`Settings`."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from emotion.errors import LibraryError, SettingsError
from emotion.settings import PREFIX, Settings, database_url, library_dir, read_settings
from emotion.web.hosts import is_named_host
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
PLACES = ("emotion", "ui", "pages", "training", "bench", "deploy", "tests/conftest.py", "server.py", "streamlit_app.py")
LIMIT, COUNT = "a number above 0, or none", "a whole number above 0"
SECONDS = "a number of seconds above 0"


def variable(field: str) -> str:
    return PREFIX + field.upper()


def test_the_page_has_one_row_for_each_field_in_their_order() -> None:
    rows = [
        f"| `{variable(name)}` | {field.description} | {field.json_schema_extra['shown']} |"
        for name, field in Settings.model_fields.items()
    ]
    assert [line for line in PAGE.splitlines() if line.startswith(f"| `{PREFIX}")] == rows


@pytest.mark.slow
def test_code_and_deployment_name_no_other_variable() -> None:
    places = (ROOT / place for place in PLACES)
    files = [path for place in places for path in ([place] if place.is_file() else place.rglob("*")) if path.is_file()]
    # Benchmarks make an environment of their own in a hidden folder.
    shown = [path for path in files if not any(part.startswith(".") for part in path.relative_to(ROOT).parts[:-1])]
    texts = [path.read_text("utf-8") for path in shown if path.suffix in {".py", ".yaml", ".env", ".md", ".sh", ""}]
    named = {name for text in texts for name in re.findall(r"\bEMOTION_[A-Z][A-Z_]*[A-Z]\b", text)}
    assert named <= {variable(name) for name in Settings.model_fields}


@pytest.mark.parametrize(
    ("name", "expected", "values"),
    [
        ("EMOTION_MAX_QUEUED", LIMIT, ["0", "-1", "many", "nan", "inf"]),
        ("EMOTION_JOBS", COUNT, ["0", "-1", "many", "1.5", "none"]),
        ("EMOTION_LIVE_VISITORS", COUNT, ["0", "many"]),
        ("EMOTION_PART_S", SECONDS, ["0", "-1", "many", "nan", "none"]),
        ("EMOTION_SERVING_TIMEOUT_S", SECONDS, ["soon", "0"]),
        ("EMOTION_NOTICE", "one of on, off", ["maybe"]),
        (
            "EMOTION_HOSTS",
            "host names without http:// and paths, separated by commas",
            ["https://faces.lan", "faces.lan/app"],
        ),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_expected(
    name: str, expected: str, values: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in values:
        monkeypatch.setenv(name, value)
        with pytest.raises(SettingsError) as caught:
            read_settings()
        assert str(caught.value) == f"expected {name} to be {expected}; got {value!r}"


def test_a_token_that_is_too_short_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_METRICS_TOKEN", "secret")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value) == "expected EMOTION_METRICS_TOKEN to have at least 16 characters; got 6"
    assert caught.value.__cause__ is None


def test_host_names_may_have_ports_and_unreadable_ones_admit_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_HOSTS", "faces.lan, 192.168.1.20:8501,[fd00::1]:8501,fd00::2,far.lan:99999,")
    asked = ("faces.lan", "192.168.1.20", "[fd00::1]", "other.lan", "[::1")
    assert [is_named_host(host) for host in asked] == [True, True, True, False, False]


def test_the_form_of_a_database_address_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_DATABASE_URL", "nonsense")
    with pytest.raises(
        LibraryError, match="expected EMOTION_DATABASE_URL like postgresql://host/name or sqlite:///path"
    ):
        database_url()


def test_misspelt_variables_are_reported_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("EMOTION_LIBARY", "/elsewhere")
    monkeypatch.setenv("EMOTION_COLOUR_OF_MY_CAT", "x")
    with caplog.at_level("WARNING"):
        read_settings()
        read_settings()
    assert caplog.messages == [
        "EMOTION_COLOUR_OF_MY_CAT is not a setting",
        "EMOTION_LIBARY is not a setting; did you mean EMOTION_LIBRARY?",
    ]


def test_values_are_read_on_use_and_empty_ones_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMOTION_JOBS", "")
    monkeypatch.setenv("EMOTION_QUOTA_MB", "None")
    monkeypatch.setenv("EMOTION_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path))
    monkeypatch.setenv("EMOTION_UNKNOWN", "x")
    found = read_settings()
    assert (found.jobs, found.quota_mb, found.log_level, library_dir()) == (2, math.inf, "debug", tmp_path)
    monkeypatch.setenv("EMOTION_JOBS", "3")
    assert read_settings().jobs == 3
