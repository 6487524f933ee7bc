"""Measures the package ``fer`` for comparison, in a separate virtual environment that it creates."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

from emotion.paths import ROOT

ENVIRONMENT = ROOT / "bench" / ".envs" / "fer"
VERSION = "25.10.3"
# Without the optional MTCNN detector, which needs PyTorch. fer itself needs pkg_resources and OpenCV 4.
_REQUIREMENTS = (
    "tensorflow==2.21.0",
    "opencv-python-headless<5",
    "setuptools<81",
    "pandas",
    "pillow",
    "matplotlib",
    "requests",
    "tqdm",
    "ffmpeg-python",
)

_SCRIPT = """
import json, sys, time
import cv2
from fer.fer import FER
detector, capture, faces, seconds = FER(), cv2.VideoCapture(sys.argv[1]), 0, 0.0
frames = 0
while frames < int(sys.argv[2]):
    found, frame = capture.read()
    if not found:
        break
    started = time.perf_counter()
    faces += len(detector.detect_emotions(frame))
    if frames:  # the first call loads its model
        seconds += time.perf_counter() - started
    frames += 1
print(json.dumps({"fps": (frames - 1) / seconds, "frames": frames, "faces": faces}))
"""


def measure_fer(clip: Path, frames: int, variables: Mapping[str, str] | None = None) -> dict[str, float]:
    """Return the rate of fer on the first ``frames`` frames of a clip (frames/s, without decoding), and its faces.

    Args:
        clip: The clip.
        frames: Number of frames.
        variables: Environment variables beside those of this process.

    Raises:
        RuntimeError: fer failed.
        subprocess.CalledProcessError: Its environment cannot be created.
    """
    python = _environment_python()
    command = [python, "-W", "ignore", "-c", _SCRIPT, str(clip), str(frames)]
    environment = {**os.environ, **(variables or {})}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"fer {VERSION} did not run: {done.stderr[-500:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _environment_python() -> str:
    python = ENVIRONMENT / "bin" / "python"
    ready = ENVIRONMENT / ".ready"
    if not ready.is_file():
        print(f"creating an environment for fer {VERSION} …", file=sys.stderr)
        venv.create(ENVIRONMENT, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, *_REQUIREMENTS], check=True)
        subprocess.run([*install, "--no-deps", f"fer=={VERSION}"], check=True)
        ready.touch()
    return str(python)
