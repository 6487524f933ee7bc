"""Speed with AVX2 alone: instructions are hidden, and the table has both columns."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bench.avx2.measure import hidden_instructions, why_not
from bench.avx2.one_face import fastest_ms
from bench.avx2.table import avx2_table
from bench.common.processor import AVX2, VNNI

_SEEN = (
    "from numpy._core._multiarray_umath import __cpu_features__ as seen; import threading;"
    "thread = threading.Thread(target=lambda: None); thread.start(); thread.join();"
    "print(seen['AVX2'], seen['AVX512F'])"
)


@pytest.mark.slow
def test_a_program_sees_avx2_alone() -> None:
    if reason := why_not():
        pytest.skip(reason)
    with hidden_instructions() as variables:
        command = [sys.executable, "-c", _SEEN]
        done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


@pytest.mark.slow
def test_another_fault_still_ends_the_program() -> None:
    if reason := why_not():
        pytest.skip(reason)
    with hidden_instructions() as variables:
        command = [sys.executable, "-c", "import ctypes; ctypes.string_at(0)"]
        done = subprocess.run(command, env=os.environ | variables, capture_output=True, check=False)
    assert done.returncode == -11


def test_one_face_takes_time() -> None:
    assert 0 < fastest_ms("everyface") < 1000


def test_the_table_has_a_column_per_kind_of_cpu() -> None:
    run = {
        "clip": "one_face_720p.mp4", "decode_fps": 500.0, "expressions_fps": 200.0, "analysis_fps": 150.0,
        "share_of_decode": 0.4, "fer_fps": 10.0, "one_face_ms": {"everyface": 0.456},
    }  # fmt: skip
    table = avx2_table({VNNI: run, AVX2: run | {"fer_fps": None}})
    assert "| one_face_720p.mp4 | VNNI | AVX2 only |" in table
    assert "| expressions ÷ decoding | 0.40 | 0.40 |\n| target of expressions ÷ decoding | 0.45 | 0.35 |" in table
    assert "| expressions ÷ the package fer (target 20) | 20 | – |" in table
    assert "| one face on one thread, ms: everyface | 0.46 | 0.46 |" in table
