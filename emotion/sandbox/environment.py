"""Allow-list of environment variables for processes that read untrusted files; it contains no secrets."""

from __future__ import annotations

import os
from pathlib import Path

from emotion.paths import ROOT
from emotion.sandbox.rlimits import LOW_MEMORY
from emotion.settings import PREFIX

_SETTINGS = frozenset(
    PREFIX + name
    for name in (
        "LIBRARY",
        "MODELS",
        "MAX_UPLOAD_MB",
        "MAX_PICTURE_MEGAPIXELS",
        "MAX_FRAME_MEGAPIXELS",
        "MAX_DURATION_S",
        "MEMORY_MB",
        "STALL_S",
    )
)
"""Settings that reading a file depends on."""
_SYSTEM = frozenset({"PATH", "HOME", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "XDG_DATA_HOME"})
_PREFIXES = ("LC_", "PYTHON")


def allowed_settings() -> dict[str, str]:
    """Return the ``EMOTION_*`` variables of this process that decoders get."""
    return {name: value for name, value in os.environ.items() if name in _SETTINGS}


def environment_in(folder: Path) -> dict[str, str]:
    """Return the complete environment of a decoder process.

    Args:
        folder: Its working folder, where its temporary files go too.
    """
    system = {name: value for name, value in os.environ.items() if name in _SYSTEM or name.startswith(_PREFIXES)}
    # The process does not start in the folder that the package is imported from, and imports nothing from its own.
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    own = {"PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1", "TMPDIR": str(folder)}
    return system | allowed_settings() | LOW_MEMORY | own
