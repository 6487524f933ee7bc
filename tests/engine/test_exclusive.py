"""Locks of outputs, between real processes."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
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


@pytest.mark.slow
def test_many_runs_that_begin_and_end_at_once_only_refuse_each_other(tmp_path: Path) -> None:
    """A file may be deleted at any moment between opening, locking and checking it."""
    lock, tries = tmp_path / "lock", range(2000)

    def hold() -> None:
        for _ in tries:
            with contextlib.suppress(InputError), exclusive(lock, InputError("taken")):
                pass

    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(hold) for _ in range(8)]:
                done.result()
    finally:
        sys.setswitchinterval(usual_s)
    assert not lock.exists()
