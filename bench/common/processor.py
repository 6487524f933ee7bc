"""Finds whether the CPU has VNNI instructions; without them, int8 networks cost several times as much."""

from __future__ import annotations

from pathlib import Path

VNNI, AVX2, OTHER = "VNNI", "AVX2 only", "neither VNNI nor AVX2"
"""With VNNI, an instruction multiplies and adds four times as many int8 numbers as float32 numbers."""

GOALS = {VNNI: 0.45, AVX2: 0.35}
"""Kind of CPU → target for the analysis rate of the reference clip, relative to decoding alone."""
TIMES_FER = 20
"""Target for the analysis rate relative to the package fer, on every kind of CPU."""


def kind_of_cpu(cpuinfo: str | None = None) -> str:
    """Return :data:`VNNI`, :data:`AVX2` or :data:`OTHER`.

    Args:
        cpuinfo: Content of ``/proc/cpuinfo`` (default: read the file). Without that file, the kind is OTHER.
    """
    if cpuinfo is None:
        try:
            cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        except OSError:
            return OTHER
    lines = (line.partition(":") for line in cpuinfo.splitlines())
    flags = next((set(value.split()) for name, _, value in lines if name.strip() == "flags"), set())
    if flags & {"avx512_vnni", "avx_vnni"}:
        return VNNI
    return AVX2 if "avx2" in flags else OTHER
