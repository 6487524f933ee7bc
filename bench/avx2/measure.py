"""Measures speed with AVX-512, VNNI and AMX hidden, and without, on one machine."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.common.fer_package import measure_fer
from bench.common.process import run_module
from bench.common.processor import AVX2, VNNI, kind_of_cpu

MODELS = ("everyface", "ferplus-resvgg", "fer2013-resvgg")
_SOURCE = Path(__file__).with_name("hide_avx512.c")
_FLAG = "cpuid_fault"


def why_not() -> str:
    """Return why instructions cannot be hidden on this machine, in one sentence; empty if they can."""
    if kind_of_cpu() != VNNI:
        return f"expected a CPU with {VNNI}; this one has {kind_of_cpu()}"
    if _FLAG not in Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        return f"expected a CPU with the flag {_FLAG}, as most of Intel's have; /proc/cpuinfo does not list it"
    if shutil.which("cc") is None:
        return "expected a C compiler, cc; there is none (Debian: apt-get install gcc libc6-dev)"
    return ""


def measure_avx2(clip: Path, fer_frames: int) -> dict[str, Any]:
    """Return figures of this machine as it is and with AVX2 alone.

    Args:
        clip: The reference clip.
        fer_frames: Number of its frames that the package fer analyses; 0 to skip it.
    """
    with hidden_instructions() as variables:
        return {VNNI: _measured(clip, fer_frames, {}), AVX2: _measured(clip, fer_frames, variables)}


def _measured(clip: Path, fer_frames: int, variables: Mapping[str, str]) -> dict[str, Any]:
    return {
        "clip": clip.name,
        **run_module("bench.clip", str(clip), variables=variables),
        "fer_fps": measure_fer(clip, fer_frames, variables)["fps"] if fer_frames else None,
        "one_face_ms": run_module("bench.avx2.one_face", *MODELS, variables=variables),
    }


@contextlib.contextmanager
def hidden_instructions() -> Iterator[dict[str, str]]:
    """Yield environment variables with which a program finds no AVX-512, VNNI and AMX.

    Raises:
        subprocess.CalledProcessError: The compiler failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "hide_avx512.so"
        subprocess.run(["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)], check=True)
        yield {"LD_PRELOAD": str(library)}
