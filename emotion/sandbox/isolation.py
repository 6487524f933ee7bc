"""Cuts the calling process off from the network, from other processes and from other programs.

Linux offers two ways, and both are tried: separate user and network namespaces, and a seccomp filter that refuses
system calls. Containers often forbid the first. Other systems have neither, which :func:`isolate` reports.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
from pathlib import Path

NAMESPACE = "separate user and network namespaces"
FILTER = "a seccomp filter of system calls"

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2

# linux/bpf_common.h and linux/seccomp.h
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001  # SECCOMP_RET_ERRNO | EPERM
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_X32_BIT = 0x40000000

_REFUSED = {
    # socket, execve, ptrace, mount, add_key, request_key, keyctl, unshare, perf_event_open, setns, process_vm_readv,
    # process_vm_writev, bpf, execveat, userfaultfd, io_uring_setup, pidfd_getfd
    "x86_64": (0xC000003E, (41, 59, 101, 165, 248, 249, 250, 272, 298, 308, 310, 311, 321, 322, 323, 425, 438)),
    "aarch64": (0xC00000B7, (198, 221, 117, 40, 217, 218, 219, 97, 241, 268, 270, 271, 280, 281, 282, 425, 438)),
}
"""Machine → its number in linux/audit.h and the numbers of system calls that no decoder needs."""


def isolate() -> list[str]:
    """Isolate this process as far as the system allows; call it before the first thread starts.

    Returns:
        Which of :data:`NAMESPACE` and :data:`FILTER` are in force; empty if neither is available.
    """
    if platform.system() != "Linux":
        return []
    libc = ctypes.CDLL(None, use_errno=True)
    # Namespaces first, because the filter blocks creating them.
    return [name for name, enter in ((NAMESPACE, _enter_namespaces), (FILTER, _install_filter)) if enter(libc)]


def _enter_namespaces(libc: ctypes.CDLL) -> bool:
    """Enter a network namespace without interfaces, and a user namespace that cannot inspect processes outside it."""
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    # Without a mapping the process would run as nobody; files stay readable either way.
    with contextlib.suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True


class _Program(ctypes.Structure):
    """A ``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _install_filter(libc: ctypes.CDLL) -> bool:
    if platform.machine() not in _REFUSED:
        return False
    instructions = _filter(*_REFUSED[platform.machine()])
    program = _Program(len(instructions) // 8, instructions)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _filter(architecture: int, refused: tuple[int, ...]) -> bytes:
    """Return a program of classic BPF that refuses these calls, and all calls of another architecture."""
    tests = [(_IF_AT_LEAST, _X32_BIT), *((_IF_EQUAL, number) for number in refused)]
    # Jump offsets count the skipped instructions; the last two are "allow" and "refuse".
    steps = [(_LOAD, 0, 0, _ARCHITECTURE_AT), (_IF_EQUAL, 0, len(tests) + 2, architecture), (_LOAD, 0, 0, _NUMBER_AT)]
    steps += [(code, len(tests) - place, 0, value) for place, (code, value) in enumerate(tests)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
