"""Every setting of the program: the ``EMOTION_*`` environment variables, each with a type, a check and a default.

``docs/settings.md`` is the same list for people; a test compares the two.
"""

from __future__ import annotations

import difflib
import logging
import math
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from emotion.errors import LibraryError, SettingsError
from emotion.paths import user_dir

if TYPE_CHECKING:
    from sqlalchemy import URL

PREFIX = "EMOTION_"
NO_LIMIT = "none"
SHORTEST_TOKEN = 16

log = logging.getLogger(__name__)


def _above_zero(given: Any, expected: str) -> float:
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ValueError(f"to be {expected}; got {given!r}")
    return value


def _limit(given: Any) -> float:
    if str(given).strip().lower() == NO_LIMIT:
        return math.inf
    return _above_zero(given, f"a number above 0, or {NO_LIMIT}")


def _seconds(given: Any) -> float:
    return _above_zero(given, "a number of seconds above 0")


def _count(given: Any) -> int | None:
    if given is None:
        return None
    if not str(given).isdecimal() or int(given) < 1:
        raise ValueError(f"to be a whole number above 0; got {given!r}")
    return int(given)


def _token(given: str | None) -> str | None:
    # The sentence goes to the log, so it has the length and not the token.
    if given is not None and len(given) < SHORTEST_TOKEN:
        raise ValueError(f"to have at least {SHORTEST_TOKEN} characters; got {len(given)}")
    return given


def _hosts(given: str) -> str:
    # An address would match no request, so nobody could open the app.
    if "/" in given:
        raise ValueError(f"to be host names without http:// and paths, separated by commas; got {given!r}")
    return given


def _one_of(*values: str) -> BeforeValidator:
    def check(given: str) -> str:
        if given.lower() not in values:
            raise ValueError(f"to be one of {', '.join(values)}; got {given.lower()!r}")
        return given.lower()

    return BeforeValidator(check)


Limit = Annotated[float, BeforeValidator(_limit)]
"""A number above 0; infinity for ``none``."""
Seconds = Annotated[float, BeforeValidator(_seconds)]
Count = Annotated[int, BeforeValidator(_count)]


def _setting(default: Any, description: str, shown: str | None = None) -> Any:
    """Return a field; ``shown`` is what ``docs/settings.md`` shows as its default, if the bare value is unclear."""
    text = f"{default:g}" if isinstance(default, int | float) else str(default)
    return Field(default, description=description, json_schema_extra={"shown": shown or text})


class Settings(BaseSettings):
    """A snapshot of the settings in the environment. An empty variable counts as absent."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    library: Path | None = _setting(
        None,
        "folder of the embedded database, files, logs, clips of live recordings and added models",
        "`library` in the user's data folder, on Linux `~/.local/share/emotion`",
    )
    database_url: str | None = _setting(
        None,
        "database of the list of analyses: `postgresql+psycopg://user:password@host/name` or `sqlite:///path`",
        "`library.db` in the library's folder",
    )
    storage_url: str | None = _setting(
        None,
        "place of timelines and videos: a folder, or a URL that [fsspec](https://filesystem-spec.readthedocs.io) opens",
        "`analyses` in the library's folder",
    )
    models: Path | None = _setting(
        None, "folder of the shipped models", "the one in the package; `data/models` in a checkout"
    )
    shared_data: Path | None = _setting(
        None, "folder of public pictures and clips for tests, training and benchmarks", "`../shared/data`"
    )

    max_upload_mb: Limit = _setting(
        500.0,
        "MB of one uploaded file; one visit may have two uploads of that size in memory, all visits together eight",
    )
    max_picture_megapixels: Limit = _setting(100.0, "megapixels of a picture; Pillow stops at 178 in any case")
    max_frame_megapixels: Limit = _setting(36.0, "megapixels of a video's frame; 8K cinema has 36")
    max_duration_s: Limit = _setting(21_600.0, "seconds of the part of a video that is analysed; 21600 is six hours")
    max_queued: Limit = _setting(100.0, "analyses of one person that may wait in the queue")
    quota_mb: Limit = _setting(20_000.0, "MB of storage for all analyses of one person")
    free_mb: Limit = _setting(1_000.0, "MB that stay free on the server's disk; `none` lets it fill up")
    memory_mb: Limit = _setting(
        4_096.0, "MB of memory for each process that decodes an upload (writable data, not address space)"
    )
    stall_s: Limit = _setting(600.0, "seconds without a new frame after which an analysis is stopped")

    jobs: Count = _setting(2, "analyses that run at once on one machine")
    part_s: Seconds = _setting(
        3.0, "seconds between checkpoints of a running analysis, and the most that is lost if it is killed"
    )
    live_visitors: Count | None = _setting(
        None, "cameras that are analysed at once on the Live page", "1.5 for each core"
    )
    serving_url: str | None = _setting(
        None,
        "model server, `grpc://host:8500` or `http://host:8501`; see [serving.md](serving.md)",
        "none: models run in the app",
    )
    serving_timeout_s: Seconds = _setting(10.0, "seconds to wait for the model server's answer to one batch")

    streams: Annotated[str, _one_of("off", "local", "network")] = _setting(
        "local",
        "who may receive the live values that the Live page or `emotion live` sends: nobody (`off`), programs on this "
        "machine (`local`), or other machines too (`network`); see [live-streams.md](live-streams.md)",
    )
    streams_token: Annotated[str | None, BeforeValidator(_token)] = _setting(
        None,
        "token of 16 characters or more that WebSocket clients must send; required if other machines can connect",
        "none",
    )

    hosts: Annotated[str, BeforeValidator(_hosts)] = _setting(
        "",
        "host names of the server besides localhost, separated by commas; not needed if people sign in "
        "([access.md](access.md))",
        "none",
    )
    admins: str = _setting(
        "", "e-mail addresses of administrators, separated by commas, in addition to those in the secrets", "nobody"
    )
    allowed: str = _setting(
        "",
        "e-mail addresses or `@domains` that may sign in, separated by commas, in addition to those in the secrets",
        "those in the secrets",
    )
    notice: Annotated[str, _one_of("on", "off")] = _setting(
        "on",
        "`off` hides the notice before the first analysis, if you inform people and ask for consent in another way",
    )
    log_format: Annotated[str, _one_of("text", "json")] = _setting("text", "`text`, or `json` with one object per line")
    log_level: Annotated[str, _one_of("debug", "info", "warning", "error")] = _setting(
        "info", "`debug`, `info`, `warning` or `error`"
    )
    metrics_token: Annotated[str | None, BeforeValidator(_token)] = _setting(
        None, "bearer token of 16 characters or more for the metrics at `/metrics`", "none: no metrics"
    )


def read_settings() -> Settings:
    """Read and check the whole environment.

    Raises:
        SettingsError: A variable has an invalid value.
    """
    return _settings_of(frozenset(item for item in os.environ.items() if item[0].upper().startswith(PREFIX)))


@lru_cache(maxsize=8)
def _settings_of(variables: frozenset[tuple[str, str]]) -> Settings:
    """Check the environment; cached by its variables, as a check takes a millisecond."""
    for problem in unknown_variables(name for name, _ in variables):
        log.warning("%s", problem)
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        problem = first.get("ctx", {}).get("error", first["msg"])
        # Not chained: the original quotes values, and one of them is a token.
        raise SettingsError(f"expected {PREFIX}{str(first['loc'][0]).upper()} {problem}") from None


def unknown_variables(names: Iterable[str]) -> list[str]:
    """Return a warning for each ``EMOTION_*`` variable that is not a setting; a misspelt one has no effect."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    sentences = []
    for name in sorted(name for name in names if name.upper() not in known):
        alike = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.85)
        sentences.append(f"{name} is not a setting" + (f"; did you mean {alike[0]}?" if alike else ""))
    return sentences


def library_dir() -> Path:
    """Return the folder of everything that the library keeps on this machine."""
    return (read_settings().library or user_dir() / "library").absolute()


def log_file(analysis_id: str) -> Path:
    """Return the log file of the worker of an analysis."""
    return library_dir() / "logs" / f"{analysis_id}.log"


def database_url(url: str | None = None) -> URL:
    """Return the database of the list of analyses.

    Args:
        url: Used instead of the setting.

    Raises:
        LibraryError: Not the URL of an SQLite or PostgreSQL database.
    """
    # Most processes have no database.
    from sqlalchemy import URL, make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    given = url or read_settings().database_url
    if not given:
        return URL.create("sqlite", database=str(library_dir() / "library.db"))
    try:
        parsed = make_url(given)
    except ArgumentError as error:
        raise LibraryError("expected EMOTION_DATABASE_URL like postgresql://host/name or sqlite:///path") from error
    kind = parsed.get_backend_name()
    if kind not in {"sqlite", "postgresql"}:
        raise LibraryError(f"expected EMOTION_DATABASE_URL of a postgresql or sqlite database; got {kind}")
    return parsed.set(drivername="postgresql+psycopg") if kind == "postgresql" else parsed


def storage_url(url: str | None = None) -> str:
    """Return the place of timelines and videos.

    Args:
        url: Used instead of the setting.
    """
    return url or read_settings().storage_url or str(library_dir() / "analyses")
