"""Makes the paths of settings absolute: the app, its workers and the sandbox have other working folders."""

from __future__ import annotations

import os
from pathlib import Path

from emotion.settings import PREFIX, database_url, read_settings


def make_settings_absolute() -> None:
    """Check all settings, and replace relative paths in this process's environment, which other processes inherit.

    Raises:
        EmotionError: A setting has an invalid value.
    """
    given = read_settings()
    paths = {"library": given.library, "models": given.models, "shared_data": given.shared_data}
    absolute = {name: str(path.absolute()) for name, path in paths.items() if path is not None}
    if given.storage_url is not None and ":" not in given.storage_url:
        absolute["storage_url"] = str(Path(given.storage_url).absolute())
    if given.database_url is not None and given.database_url.startswith("sqlite"):
        url = database_url()
        if url.database and url.database != ":memory:":
            url = url.set(database=str(Path(url.database).absolute()))
        absolute["database_url"] = url.render_as_string(hide_password=False)
    os.environ.update({f"{PREFIX}{name.upper()}": value for name, value in absolute.items()})
