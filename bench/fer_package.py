"""The rival's rate: the ``fer`` package on the same clip, in an environment of its own that this script makes."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

ENVIRONMENT = Path(__file__).with_name(".envs") / "fer"
VERSION = "25.10.3"
# Without its optional MTCNN detector, which would bring PyTorch. It needs pkg_resources and OpenCV 4.
_NEEDS = (
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
    good, frame = capture.read()
    if not good:
        break
    started = time.perf_counter()
    faces += len(detector.detect_emotions(frame))
    if frames:  # the first call loads its model
        seconds += time.perf_counter() - started
    frames += 1
print(json.dumps({"fps": (frames - 1) / seconds, "frames": frames, "faces": faces}))
"""


def measure_fer(clip: Path, frames: int) -> dict[str, float]:
    """Return the rival's frames/s on the first ``frames`` of a clip, its decoding not counted."""
    python = _prepared()
    done = subprocess.run(
        [python, "-W", "ignore", "-c", _SCRIPT, str(clip), str(frames)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"fer {VERSION} did not run: {done.stderr[-500:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _prepared() -> str:
    python = ENVIRONMENT / "bin" / "python"
    ready = ENVIRONMENT / ".ready"
    if not ready.is_file():
        print(f"making an environment for fer {VERSION} …", file=sys.stderr)
        venv.create(ENVIRONMENT, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, *_NEEDS], check=True)
        subprocess.run([*install, "--no-deps", f"fer=={VERSION}"], check=True)
        ready.touch()
    return str(python)
