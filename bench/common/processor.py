"""Which of two kinds of CPU a machine has: int8 networks cost several times as much on the one as on the other."""

from __future__ import annotations

from pathlib import Path

VNNI, AVX2, OTHER = "VNNI", "AVX2 only", "neither VNNI nor AVX2"
"""VNNI: with instructions that multiply and add int8 numbers, fourfold as many at once as float32."""

GOALS = {VNNI: 0.45, AVX2: 0.35}
"""Kind of CPU → the analysis rate that the reference clip is to reach there, as a share of decoding alone."""
TIMES_FER = 20
"""How many times as fast as the package fer the analysis is to be, on either."""


def kind_of_cpu(cpuinfo: str | None = None) -> str:
    """Return :data:`VNNI`, :data:`AVX2` or :data:`OTHER`.

    Args:
        cpuinfo: What ``/proc/cpuinfo`` says; read here if None. Where there is no such file, the kind is OTHER.
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
