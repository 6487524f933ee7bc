"""Runs batches in separate processes and lists their children (Linux)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.conftest import ROOT


def started(arguments: Sequence[str]) -> subprocess.Popen[str]:
    """Start the command in a new process group, as a terminal does.

    A shell makes background tests ignore Ctrl-C; the command must not inherit that.
    """
    command = [sys.executable, "-m", "emotion", *arguments]
    environment = os.environ | {"EMOTION_PART_S": "0.05"}
    pipe = subprocess.PIPE
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True, process_group=0
        )
    finally:
        if ignored:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def wait_for(running: subprocess.Popen[str], condition: Callable[[], object], timeout_s: float = 120) -> None:
    """Wait until a condition holds; fail if the command ends or the time is over."""
    begun = time.monotonic()
    while not condition():
        assert running.poll() is None, f"the command ended first: {running.communicate()}"
        assert time.monotonic() - begun < timeout_s
        time.sleep(0.02)


def group_members(group: int) -> list[int]:
    """Return the live processes of a group."""
    return [pid for pid, (state, _, their_group) in _processes().items() if int(their_group) == group and state != "Z"]


def descendants(pid: int) -> list[int]:
    """Return a process's children and their descendants."""
    children = [child for child, (_, parent, _) in _processes().items() if int(parent) == pid]
    return children + [each for child in children for each in descendants(child)]


def command_of(pid: int) -> str:
    """Return a process's command line; empty if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def listening(pids: Sequence[int]) -> list[str]:
    """Return the local address and port of each TCP socket on which these processes listen, in the kernel's format."""
    sockets = {f"socket:[{inode}]" for pid in pids for inode in _socket_inodes(pid)}
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return [fields[1] for fields in lines if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets]


def _socket_inodes(pid: int) -> list[str]:
    found = []
    for path in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            target = str(path.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            found.append(target[8:-1])
    return found


def _processes() -> dict[int, list[str]]:
    """Return state, parent and group of every process."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(path.parent.name)] = path.read_text().rsplit(")", 1)[1].split()[:3]
        except OSError:
            continue
    return found
