"""Checks that packages, models, the sandbox and the model server of this installation work, and shows its limits."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata

import numpy as np
from rich.table import Table
from rich.text import Text

from emotion.cli.common.output import console
from emotion.cli.common.status import OK, fail
from emotion.engine.stage_costs import EYES, MOVEMENTS, stage_costs
from emotion.errors import EmotionError
from emotion.models.face_parts import checked_part_file, list_part_models, load_part_card
from emotion.models.registry import ALIASES, file_bytes, list_models, load_card
from emotion.sandbox.runner import run_limited
from emotion.sandbox.serve import isolation_in_force
from emotion.serving import open_classifier
from emotion.settings import Settings, read_settings
from emotion.version import DISTRIBUTION
from emotion.vision.detection.detect import HaarCascade
from emotion.vision.mediapipe_files import SHA256, mediapipe_file

PACKAGES = ("ai-edge-litert", "opencv-python-headless", "av", "pandas", "altair", "scikit-learn")
EXTRAS = {
    "app": "streamlit",
    "api": "fastapi",
    "streams": "pylsl",
    "train": "tensorflow",
    "ray": "ray",
    "serving": "tensorflow-serving-api",
}
"""The package of each extra that shows whether the extra is installed."""

LIMITS = (
    *("max_upload_mb", "max_picture_megapixels", "max_frame_megapixels", "max_duration_s"),
    *("max_queued", "quota_mb", "free_mb", "memory_mb", "stall_s"),
)
"""Settings that are limits, in the order of ``docs/settings.md``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    subject: str
    good: bool
    detail: str


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command has no options."""


def run(options: argparse.Namespace) -> int:
    """Check the installation, print what was found, and return the exit status."""
    del options
    findings = examine()
    console().print(_table(findings))
    missing = [finding.subject for finding in findings if not finding.good]
    return fail(f"missing or damaged: {', '.join(missing)}") if missing else OK


def _table(findings: Sequence[Finding]) -> Table:
    """Return a table of findings."""
    table = Table("", "subject", "found", box=None)
    for finding in findings:
        mark = Text("✓", style="green") if finding.good else Text("✗", style="bold red")
        table.add_row(mark, finding.subject, finding.detail)
    return table


def examine() -> list[Finding]:
    """Check packages, models, the cascade, the sandbox and, if set, the model server; then list costs and limits."""
    files = [_weights(name) for name in SHA256]
    models = [_model(name) for name in list_models()]
    if ALIASES["default"] not in list_models():
        models.append(Finding("default model", False, f"expected {ALIASES['default']}; it is not installed"))
    parts = [_part_model(name) for name in list_part_models()]
    server = [_server(url)] if (url := read_settings().serving_url) else []
    checked = [*map(_package, PACKAGES), *map(_extra, EXTRAS), *files, _cascade(), *models, *parts, _sandbox(), *server]
    return [*checked, _cost(), *map(_limit, LIMITS)]


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, False, f"not installed: pip install {name}")


def _extra(extra: str) -> Finding:
    """Check the packages of an extra, which may be missing, as most people do not train."""
    name = EXTRAS[extra]
    try:
        return Finding(f"extra {extra}", True, f"{name} {metadata.version(name)}")
    except metadata.PackageNotFoundError:
        return Finding(f"extra {extra}", True, f"not installed; if you need it: pip install '{DISTRIBUTION}[{extra}]'")


def _weights(name: str) -> Finding:
    try:
        return Finding(name, True, f"{mediapipe_file(name).stat().st_size / 1e6:.1f} MB, checksum verified")
    except EmotionError as error:
        return Finding(name, False, str(error))


def _cascade() -> Finding:
    try:
        HaarCascade()
    except EmotionError as error:
        return Finding("Haar cascade", False, str(error))
    return Finding("Haar cascade", True, "part of OpenCV")


def _model(name: str) -> Finding:
    try:
        card = load_card(name)
        size = file_bytes(card)
    except EmotionError as error:
        return Finding(f"model {name}", False, str(error))
    parts = f"an ensemble of {len(card.members)}, " if card.members else ""
    return Finding(
        f"model {name}", True, f"{parts}{size / 1e6:.1f} MB, {len(card.labels)} expressions, checksum verified"
    )


def _part_model(name: str) -> Finding:
    try:
        size = checked_part_file(load_part_card(name)).stat().st_size
    except EmotionError as error:
        return Finding(f"face parts {name}", False, str(error))
    return Finding(f"face parts {name}", True, f"{size / 1e6:.1f} MB, checksum verified")


def _cost() -> Finding:
    """Report what each stage costs, and the option that turns it off."""
    try:
        costs = stage_costs()
    except EmotionError as error:
        return Finding("cost per face", False, str(error))
    options = {stage: f" (skipped by --no-{stage})" for stage in (EYES, MOVEMENTS)}
    known = [f"{stage} {cost / 1e6:.3g} M{options.get(stage, '')}" for stage, cost in costs.items() if cost is not None]
    return Finding("cost per face", True, f"multiply–adds: {', '.join(known)}")


def _limit(name: str) -> Finding:
    """Report the value of a limit, under the name of the variable that changes it."""
    value: float = getattr(read_settings(), name)
    meaning = str(Settings.model_fields[name].description).partition(";")[0]
    shown = f"none ({meaning})" if math.isinf(value) else f"{value:,.10g} {meaning}"
    return Finding(f"EMOTION_{name.upper()}", True, shown)


def _sandbox() -> Finding:
    """Ask a sandboxed process how it is kept off the network."""
    try:
        in_force = run_limited(isolation_in_force)
    except EmotionError as error:
        return Finding("sandbox", False, str(error))
    cut_off = f"network blocked by {' and '.join(in_force)}" if in_force else "network not blocked on this system"
    return Finding("sandbox", True, f"limits on memory and time; {cut_off}")


def _server(url: str) -> Finding:
    """Ask the model server to classify a plain grey picture."""
    try:
        open_classifier("default").predict([np.full((48, 48), 128, np.uint8)])
    except EmotionError as error:
        return Finding("model server", False, str(error))
    return Finding("model server", True, f"answers at {url}")
