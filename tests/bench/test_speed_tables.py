"""The tables of speed: kind of CPU, figures of the stages, targets."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bench.clip import measure
from bench.common.processor import AVX2, GOALS, OTHER, VNNI, kind_of_cpu
from bench.report import README, markdown, with_sections
from bench.stages import EVERYTHING, _Stopwatch, measure_stages
from emotion.models.registry import load_card
from emotion.models.tflite_cost import tflite_cost
from emotion.samples import make_clip
from emotion.vision.mediapipe_files import FACE_MESH, mediapipe_file


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "sample.mp4")


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        ("fpu avx2 fma avx512f avx512_vnni", VNNI),
        ("fpu avx2 fma avx_vnni", VNNI),
        ("fpu avx2 fma avx512f", AVX2),
        ("fpu sse4_2 avx", OTHER),
    ],
)
def test_the_cpu_kind_follows_from_its_flags(flags: str, kind: str) -> None:
    info = f"processor\t: 0\nmodel name\t: avx_vnni in a name counts for nothing\nflags\t\t: {flags}\nbugs\t\t: none\n"
    assert kind_of_cpu(info) == kind


def test_a_machine_without_flags_has_no_cpu_kind() -> None:
    assert kind_of_cpu("processor\t: 0\nFeatures\t: fp asimd\n") == OTHER
    assert kind_of_cpu() in {VNNI, AVX2, OTHER}


def test_the_stopwatch_counts_cpu_time_only() -> None:
    watch = _Stopwatch()
    watch.around("asleep", time.sleep)(0.2)
    watch.around("busy", lambda: sum(range(300_000)))()
    assert watch.seconds["asleep"] < 0.1
    assert watch.seconds["busy"] > watch.seconds["asleep"]
    assert watch.calls == {"asleep": 1, "busy": 1}


@pytest.mark.slow
def test_stages_sum_up_and_count_multiply_adds(clip: Path) -> None:
    stages = measure_stages(clip, repeats=1)
    parts = [cost["ms_per_frame"] for stage, cost in stages.items() if stage != EVERYTHING]
    assert 0.5 * stages[EVERYTHING]["ms_per_frame"] < sum(parts) < 1.05 * stages[EVERYTHING]["ms_per_frame"]
    mesh = tflite_cost(mediapipe_file(FACE_MESH).read_bytes())[1]
    assert stages["mesh"]["multiply_adds_per_call"] == mesh
    answers = stages["classify"]["multiply_adds_per_call"] * stages["classify"]["calls"]
    looks = answers / load_card("default").multiply_adds  # no face: no answer; unsure: two
    assert looks >= 1
    assert looks == pytest.approx(round(looks), abs=0.01)
    assert stages["align"]["multiply_adds_per_call"] == 0
    assert stages["detect"]["calls"] < stages["mesh"]["calls"], "the detector runs only on key frames"


@pytest.mark.slow
def test_a_clip_has_rates_and_cpu_times(clip: Path) -> None:
    found = measure(clip)
    assert found["share_of_decode"] == pytest.approx(found["expressions_fps"] / found["decode_fps"])
    assert 0 < found["decode_cpu_ms"] < found["expressions_cpu_ms"] < found["analysis_cpu_ms"]


def record(kind: str, fer: dict[str, Any] | None) -> dict[str, Any]:
    clip = {"decode_fps": 900.0, "expressions_fps": 400.0, "analysis_fps": 300.0, "share_of_decode": 400 / 900}
    costs = {"decode_cpu_ms": 1.1, "expressions_cpu_ms": 4.5, "analysis_cpu_ms": 6.0}
    stage = {"ms_per_frame": 1.5, "ms_per_call": 1.5, "calls": 10, "multiply_adds_per_call": 34_979_040}
    return {
        **{"date": "2026-01-01", "commit": "abc", "processor": "A CPU", "kind": kind, "cores": 2, "python": "3.11"},
        "clips": {"a.mp4": clip | costs | {"peak_mb": 250.0}},
        "stages": {"clip": "a.mp4", "mesh": stage, "track": stage | {"multiply_adds_per_call": 0}},
        "memory": {"1": {"frames": 9, "peak_mb": 250.0}, "10": {"frames": 90, "peak_mb": 251.0}},
        "fer": fer,
    }


def test_the_tables_state_cpu_kind_goal_and_competitor() -> None:
    text = markdown(record(VNNI, {"clip": "a.mp4", "fps": 10.0}))
    assert "A CPU (VNNI), 2 cores" in text
    assert f"expressions ÷ decoding is 0.44 (target at least {GOALS[VNNI]:.2f} on a CPU with {VNNI})" in text
    assert "| a.mp4 with the package fer | | 10.0 |" in text
    assert "the rate is 40 times that of the package fer (target 20 times)" in text
    assert "| mesh | 1.50 | 1.50 | 10 | 35.0 |" in text
    assert "| track | 1.50 | 1.50 | 10 |  |" in text


def test_the_tables_work_without_goal_and_competitor() -> None:
    text = markdown(record(OTHER, None))
    assert "expressions ÷ decoding is 0.44 (no target" in text
    assert "fer" not in text


def test_tables_have_as_many_cells_as_columns() -> None:
    lines = [line for line in markdown(record(AVX2, {"clip": "a.mp4", "fps": 10.0})).splitlines() if line[:1] == "|"]
    assert {line.count("|") for line in lines} == {10, 6}


def test_the_page_of_results_has_every_section_as_it_was_measured_last() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_sections(text) == text, "python -c 'from bench.report import write_readme; write_readme()'"
    for title in ("HTTP API", "Latency of live values", "live engine", "A study of", "eyes, gaze", "coverage"):
        assert title in text
