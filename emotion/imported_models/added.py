"""Models of one's own: looked at in a process of their own, then added beside those that ship, or removed again."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion.errors import ModelError, TooLargeError
from emotion.labels import LabelSet
from emotion.models.registry import (
    added_models,
    added_models_dir,
    is_name_for_added,
    list_models,
    models_dir,
    save_card,
    sha256_of,
)
from emotion.paths import ROOT
from emotion.types import ModelCard
from emotion.vision.normalise import normalisations_for

SIZE_LIMIT_BYTES = 200_000_000
PROCESSOR_LIMIT_S = 20.0
TIME_LIMIT_S = 60.0
"""Longer than the processor's, so that a busy machine refuses no model that an idle one takes."""

LICENCE_NOT_STATED = "Not stated: the terms of whoever trained the model and of their pictures apply."

_MODEL_FILE = "model.tflite"
_SIGNATURE = b"TFL3"
_ONE_AT_A_TIME = threading.Lock()
"""So that visitors' checks neither spoil each other's timing nor take all cores."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What was found of a .tflite file.

    Attributes:
        sha256: Digest of the file that was looked at.
        file_bytes: Its size.
        input_size: Side of its square input, px.
        colour: ``"grey"`` or ``"rgb"``.
        classes: Number of its outputs.
        outputs: ``"logits"`` or ``"probabilities"``.
        input_type: ``"float32"``, ``"int8"`` or ``"uint8"``.
        output_type: One of these, too.
        parameters: Elements of its constant tensors.
        multiply_adds: For one face, or None if they cannot be counted.
        ms: Median time for a face on one thread of this machine.
        readings: Normalisation → probabilities of the outputs for the sample portrait's face.
    """

    sha256: str
    file_bytes: int
    input_size: int
    colour: str
    classes: int
    outputs: str
    input_type: str
    output_type: str
    parameters: int
    multiply_adds: int | None
    ms: float
    readings: dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class CardDetails:
    """What a file does not say of itself.

    Attributes:
        name: For commands and folders: lower-case letters, digits and dashes.
        title: For people; the name if empty.
        labels: Meaning of the outputs, in order.
        normalisation: What the network was trained on; see :class:`emotion.types.ModelCard`.
        licence: Terms of use and where the model comes from.
    """

    name: str
    labels: tuple[str, ...]
    normalisation: str
    title: str = ""
    licence: str = ""


def inspect_model(path: Path, limit_s: float = TIME_LIMIT_S) -> ModelFacts:
    """Look at a .tflite file in a process of its own, which may crash or be stopped without harm.

    Args:
        path: The file.
        limit_s: Wall-clock time after which the process is stopped.

    Raises:
        TooLargeError: The file is over :data:`SIZE_LIMIT_BYTES`.
        ModelError: It is not a classifier of faces that LiteRT can run, or takes too long.
    """
    size = path.stat().st_size
    if size > SIZE_LIMIT_BYTES:
        raise TooLargeError(f"expected a model of at most {SIZE_LIMIT_BYTES / 1e6:.0f} MB; got {size / 1e6:.0f} MB")
    with path.open("rb") as file:
        if file.read(8)[4:] != _SIGNATURE:
            raise ModelError(f"expected a .tflite model; {'the file is empty' if not size else 'this is no such file'}")
    sha256 = sha256_of(path)
    answer = _answer_of_check(path, limit_s)
    try:
        return ModelFacts(sha256=sha256, file_bytes=size, **answer)
    except TypeError as error:
        raise ModelError(f"expected the facts of a model from its check; got {sorted(answer)}") from error


def _answer_of_check(path: Path, limit_s: float) -> dict[str, Any]:
    processor_limit_s = min(limit_s, PROCESSOR_LIMIT_S)
    command = [
        sys.executable,
        "-E",
        "-s",
        "-m",
        "emotion.imported_models.probe",
        str(path.resolve()),
        str(processor_limit_s),
    ]
    # What numerics keep in reserve for threads, a share for every core, would count as memory.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    try:
        with _ONE_AT_A_TIME:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit_s,
                check=False,
            )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"expected a model that is checked within {limit_s:g} s; this one was stopped") from error
    if done.returncode == -signal.SIGXCPU:
        raise ModelError(
            f"expected a model that is checked in {processor_limit_s:g} s of processor time; it was stopped"
        )
    if done.returncode < 0:
        reason = signal.Signals(-done.returncode).name
        raise ModelError(f"expected a sound .tflite model; LiteRT crashed on this one ({reason})")
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError) as error:
        log.warning("the check of a model failed: %s", done.stderr.decode(errors="replace"))
        raise ModelError("expected a sound .tflite model; its check ended without an answer") from error
    if "error" in answer:
        raise ModelError(answer["error"])
    return answer


def add_model(path: Path, details: CardDetails, facts: ModelFacts | None = None) -> ModelCard:
    """Add a .tflite file to the models that can be chosen. Either all of it is there afterwards or nothing.

    Args:
        path: The file; it is copied.
        details: What it does not say of itself.
        facts: Of :func:`inspect_model`; the file is looked at now if None.

    Raises:
        ModelError: The file is not a classifier, was changed since it was looked at, the details do
            not fit it, or the name is taken.
        LabelError: The labels are not different expressions.
    """
    _expect_free_name(details.name)
    facts = facts or inspect_model(path)
    card = _card(details, facts)
    target = added_models_dir() / card.name
    try:
        added_models_dir().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".adding-", dir=added_models_dir()) as folder:
            draft = Path(folder) / card.name
            draft.mkdir()
            shutil.copyfile(path, draft / card.file)
            if sha256_of(draft / card.file) != facts.sha256:
                raise ModelError("expected the file that was checked; it has changed since")
            save_card(card, draft)
            draft.rename(target)
    except OSError as error:
        raise ModelError(f"model {card.name!r} cannot be added: {error.strerror}") from error
    return card


def remove_model(name: str) -> None:
    """Delete an added model with all its files.

    Raises:
        ModelError: No added model is called so; those that ship are not removed.
    """
    if name not in added_models():
        raise ModelError(f"expected an added model out of {', '.join(added_models()) or '(none)'}; got {name!r}")
    try:
        # Moved away first, so that nobody meets half a model.
        with tempfile.TemporaryDirectory(prefix=".removing-", dir=added_models_dir()) as folder:
            (added_models_dir() / name).rename(Path(folder) / name)
    except OSError as error:
        raise ModelError(f"model {name!r} cannot be removed: {error.strerror}") from error


def suggest_name(file_name: str) -> str:
    """Return a free name for a model that came in a file of this name."""
    plain = unicodedata.normalize("NFKD", Path(file_name).stem.casefold()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:36].rstrip("-") or "my-model"
    numbered = (f"{name}-{number}" for number in range(2, 1000))
    return next((free for free in (name, *numbered) if _is_free(free)), name)


def _is_free(name: str) -> bool:
    taken = name in list_models() or (models_dir() / name).exists() or (added_models_dir() / name).exists()
    return is_name_for_added(name) and not taken


def _expect_free_name(name: str) -> None:
    if not is_name_for_added(name):
        raise ModelError(f"expected a name of at most 40 lower-case letters, digits and dashes; got {name!r}")
    if not _is_free(name):
        raise ModelError(f"expected a name that no other model has; got {name!r}")


def _card(details: CardDetails, facts: ModelFacts) -> ModelCard:
    labels = LabelSet(details.name, details.labels).labels
    if len(labels) != facts.classes:
        raise ModelError(f"expected {facts.classes} labels, one for each output; got {len(labels)}")
    if details.normalisation not in (usable := normalisations_for(facts.colour)):
        raise ModelError(f"expected a normalisation out of {', '.join(usable)}; got {details.normalisation!r}")
    return ModelCard(
        name=details.name,
        title=details.title.strip() or details.name,
        labels=labels,
        input_size=facts.input_size,
        colour=facts.colour,
        normalisation=details.normalisation,
        crop="aligned",
        temperature=1.0,
        file=_MODEL_FILE,
        sha256=facts.sha256,
        parameters=facts.parameters,
        multiply_adds=facts.multiply_adds,
        licence=details.licence.strip() or LICENCE_NOT_STATED,
        outputs=facts.outputs,
    )
