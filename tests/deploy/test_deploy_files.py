"""The files for deployment, as far as they can be checked without a container engine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from emotion.cli.main import build_parser
from emotion.models.registry import ALIASES
from emotion.serving.settings import URL_SETTING
from tests.conftest import ROOT
from ui.live.ice import ice_servers

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]


def program(name: str) -> str:
    """Return the path of a program of this environment, or else of the machine."""
    own = Path(sysconfig.get_path("scripts")) / name
    found = str(own) if own.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"expected {name}, which requirements-dev.txt installs")
    return found


def test_the_dockerfile_passes_hadolint() -> None:
    done = subprocess.run([program("hadolint"), DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.slow
def test_compose_matches_its_specification() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [program("check-jsonschema"), *schema, DEPLOY / "compose.yaml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_builds_this_image_and_can_serve_the_default_model() -> None:
    services = compose()
    assert set(services) == {"app", "database", "turn", "serving"}
    assert f"--model_name={ALIASES['default']}" in services["serving"]["command"]
    assert f"--model_base_path=/models/{ALIASES['default']}" in services["serving"]["command"]
    assert services["serving"]["profiles"] == ["serving"]
    assert f"{URL_SETTING}=" in (DEPLOY / "app.example.env").read_text(encoding="utf-8")
    build = services["app"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == DEPLOY / "Dockerfile"


def test_every_variable_of_compose_is_in_the_example_or_has_a_default() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    example = set(re.findall(r"(?m)^([A-Z_]+)=", (DEPLOY / "example.env").read_text(encoding="utf-8")))
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    assert asked == {"POSTGRES_PASSWORD", "TURN_SECRET", "TURN_REALM"}
    assert asked <= example
    assert re.findall(r"\$\{[A-Z_]+\}", text) == [], "no default and no error"


def test_examples_have_no_secrets_and_git_and_image_ignore_real_ones() -> None:
    example = (DEPLOY / "example.env").read_text(encoding="utf-8")
    assert re.search(r"(?m)^POSTGRES_PASSWORD=$", example)
    assert re.search(r"(?m)^TURN_SECRET=$", example)
    for path in ("deploy/.env", "deploy/app.env", "deploy/secrets.toml", ".streamlit/secrets.toml"):
        assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 0, path
    assert ".streamlit/secrets.toml" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_the_example_of_secrets_is_read_by_the_live_page() -> None:
    secrets = tomllib.loads((DEPLOY / "secrets.example.toml").read_text(encoding="utf-8"))
    [turn] = ice_servers(secrets["live"], 0.0)
    assert set(turn) == {"urls", "username", "credential"}


def test_the_image_runs_as_a_numeric_user_and_copies_existing_files() -> None:
    lines = DOCKERFILE.splitlines()
    assert "USER 10001:10001" in lines
    assert lines.index("USER 10001:10001") < next(n for n, line in enumerate(lines) if line.startswith("CMD"))
    copied = [name for line in lines if re.match(r"COPY (?!--)", line) for name in line.split()[1:-1]]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in ignored, name


def test_the_image_copies_everything_that_the_wheel_is_built_from() -> None:
    copied = {name for line in DOCKERFILE.splitlines() if line.startswith("COPY") for name in line.split()[1:-1]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {name.split("/")[0] for name in [*wheel["only-include"], *wheel["force-include"]]} | {
        "pyproject.toml",
        project["project"]["readme"],
    }
    assert needed | set(project["project"]["license-files"]) <= copied


def test_the_procfile_starts_the_app_on_the_port_that_it_is_given() -> None:
    [web] = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    assert web.startswith("web: python -m emotion ")
    options = build_parser().parse_args(web.replace("$PORT", "8123").split()[4:])
    assert (options.port, options.address, options.headless) == (8123, "0.0.0.0", True)


def test_the_image_starts_the_app_for_every_address() -> None:
    [command] = re.findall(r"(?m)^CMD (\[.+\])$", DOCKERFILE)
    program, *arguments = json.loads(command)
    options = build_parser().parse_args(arguments)
    assert (program, options.command, options.address) == ("emotion", "app", "0.0.0.0")
