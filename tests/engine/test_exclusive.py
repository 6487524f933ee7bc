"""Locks of outputs, between real processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from emotion.engine.exclusive import exclusive
from emotion.errors import InputError

HOLD = """
import sys
from pathlib import Path
from emotion.engine.exclusive import exclusive
from emotion.errors import InputError
with exclusive(Path(sys.argv[1]), InputError("taken")):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_is_refused_while_held_and_free_after_a_kill(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(InputError, match="taken"), exclusive(lock, InputError("taken")):
        pass
    holder.kill()
    holder.wait()
    with exclusive(lock, InputError("taken")):
        pass
