"""The files that start app and model server together, as far as they can be checked without a container engine."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from emotion.registry import ALIASES
from emotion.serving.settings import URL_SETTING
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"


def test_compose_serves_the_default_model_and_the_app_asks_it():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert f"--model_name={ALIASES['default']}" in services["serving"]["command"]
    assert f"--model_base_path=/models/{ALIASES['default']}" in services["serving"]["command"]
    assert services["app"]["environment"][URL_SETTING] == "grpc://serving:8500"
    build = services["app"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == DEPLOY / "Dockerfile"


def test_the_image_runs_as_somebody_and_what_it_copies_is_there():
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert lines.index("USER app") < next(place for place, line in enumerate(lines) if line.startswith("CMD"))
    copied = [re.sub(r"--\S+ ", "", line).split()[1] for line in lines if line.startswith("COPY")]
    assert all((ROOT / Path(name)).exists() for name in copied)
    assert (ROOT / "streamlit_app.py").is_file()
