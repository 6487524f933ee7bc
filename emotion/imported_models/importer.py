"""Imports .tflite models: checks each in a sandbox, then lists it beside the shipped models; removes it again."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from emotion.engine.private_files import make_private, make_private_folder
from emotion.errors import ModelError, TooLargeError
from emotion.imported_models.probe import examine
from emotion.labels import LabelSet
from emotion.models.registry import (
    imported_models,
    imported_models_dir,
    is_import_name,
    list_models,
    models_dir,
    save_card,
    sha256_of,
)
from emotion.sandbox.child import Subject
from emotion.sandbox.rlimits import StrictLimits
from emotion.sandbox.runner import run_limited
from emotion.types import ModelCard
from emotion.vision.normalise import normalisations_for

SIZE_LIMIT_BYTES = 200_000_000
PROCESSOR_LIMIT_S = 20.0
TIME_LIMIT_S = 60.0
"""Longer than the limit on processor time, so that a busy machine accepts the same models as an idle one."""
MEMORY_LIMIT_BYTES = 4 << 30
"""Limit on address space; this package's libraries take less than 1 GiB of it."""

LICENCE_NOT_STATED = "Not stated: the terms of whoever trained the model and of their pictures apply."

_MODEL_FILE = "model.tflite"
_SIGNATURE = b"TFL3"
_ONE_AT_A_TIME = threading.Lock()
"""One check at a time: checks measure speed, and must not take all cores."""
_MODEL = Subject(ModelError, "a valid .tflite model", reader="LiteRT")


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the check found out about a .tflite file.

    Attributes:
        sha256: Digest of the checked file.
        file_bytes: Its size, bytes.
        input_size: Side of its square input, px.
        colour: ``"grey"`` or ``"rgb"``.
        classes: Number of its outputs.
        outputs: ``"logits"`` or ``"probabilities"``.
        input_type: ``"float32"``, ``"int8"`` or ``"uint8"``.
        output_type: Likewise.
        parameters: Number of elements of its constant tensors.
        multiply_adds: Multiply–adds for one face; None if they cannot be counted.
        ms: Median time for one face on one thread of this machine, ms.
        readings: Normalisation → the probability of each output for the face of the sample portrait.
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
    """What only the user knows about a model.

    Attributes:
        name: Name in commands and of its folder: lower-case letters, digits and dashes.
        title: Name for people; if empty, ``name``.
        labels: Meaning of the outputs, in order.
        normalisation: How the network's training pictures were normalised; see :class:`emotion.types.ModelCard`.
        licence: Terms of use and origin of the model.
    """

    name: str
    labels: tuple[str, ...]
    normalisation: str
    title: str = ""
    licence: str = ""


def inspect_model(path: Path, limit_s: float = TIME_LIMIT_S) -> ModelFacts:
    """Check a .tflite file in a sandbox.

    Args:
        path: The file.
        limit_s: Wall-clock time after which the check is stopped, s.

    Raises:
        TooLargeError: The file is larger than :data:`SIZE_LIMIT_BYTES`.
        ModelError: The file is not a face classifier that LiteRT can run, or the check takes too long.
    """
    size = path.stat().st_size
    if size > SIZE_LIMIT_BYTES:
        raise TooLargeError(f"expected a model of at most {SIZE_LIMIT_BYTES / 1e6:.0f} MB; got {size / 1e6:.0f} MB")
    with path.open("rb") as file:
        if file.read(8)[4:] != _SIGNATURE:
            raise ModelError(f"expected a .tflite model; {'the file is empty' if not size else 'this file is not one'}")
    sha256 = sha256_of(path)
    strict = StrictLimits(min(limit_s, PROCESSOR_LIMIT_S), MEMORY_LIMIT_BYTES)
    with _ONE_AT_A_TIME:
        answer = run_limited(examine, path.resolve(), subject=_MODEL, stall_s=limit_s, strict=strict)
    try:
        return ModelFacts(sha256=sha256, file_bytes=size, **answer)
    except TypeError as error:
        raise _MODEL.failed("its check returned no readable result") from error


def import_model(path: Path, details: CardDetails, facts: ModelFacts | None = None) -> ModelCard:
    """Import a .tflite file. Afterwards the whole model is installed, or nothing is.

    Args:
        path: The file; it is copied.
        details: Its name, labels and normalisation.
        facts: Result of :func:`inspect_model`; if None, the file is checked now.

    Raises:
        ModelError: The file is not a classifier or has changed since its check, the details do not fit it, or the
            name is taken.
        LabelError: A label is unknown or given twice.
    """
    _expect_free_name(details.name)
    facts = facts or inspect_model(path)
    card = _card(details, facts)
    target = imported_models_dir() / card.name
    try:
        make_private_folder(imported_models_dir())
        with tempfile.TemporaryDirectory(prefix=".adding-", dir=imported_models_dir()) as folder:
            draft = Path(folder) / card.name
            draft.mkdir()
            shutil.copyfile(path, draft / card.file)
            if sha256_of(draft / card.file) != facts.sha256:
                raise ModelError("expected the file that was checked; it has changed since")
            save_card(card, draft)
            for each in (draft, *draft.iterdir()):
                make_private(each)
            draft.rename(target)
    except OSError as error:
        raise ModelError(f"model {card.name!r} cannot be imported: {error.strerror}") from error
    return card


def remove_model(name: str) -> None:
    """Delete an imported model with all its files.

    Raises:
        ModelError: There is no imported model of this name. Shipped models cannot be removed.
    """
    if name not in imported_models():
        raise ModelError(f"expected an imported model from {', '.join(imported_models()) or '(none)'}; got {name!r}")
    try:
        # Rename the folder first, so that nobody sees a model with some of its files deleted.
        with tempfile.TemporaryDirectory(prefix=".removing-", dir=imported_models_dir()) as folder:
            (imported_models_dir() / name).rename(Path(folder) / name)
    except OSError as error:
        raise ModelError(f"model {name!r} cannot be removed: {error.strerror}") from error


def suggest_name(file_name: str) -> str:
    """Return an unused model name made from a file's name."""
    plain = unicodedata.normalize("NFKD", Path(file_name).stem.casefold()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:36].rstrip("-") or "my-model"
    numbered = (f"{name}-{number}" for number in range(2, 1000))
    return next((free for free in (name, *numbered) if _is_free(free)), name)


def _is_free(name: str) -> bool:
    taken = name in list_models() or (models_dir() / name).exists() or (imported_models_dir() / name).exists()
    return is_import_name(name) and not taken


def _expect_free_name(name: str) -> None:
    if not is_import_name(name):
        raise ModelError(f"expected a name of at most 40 lower-case letters, digits and dashes; got {name!r}")
    if not _is_free(name):
        raise ModelError(f"expected a name that is not taken; got {name!r}")


def _card(details: CardDetails, facts: ModelFacts) -> ModelCard:
    labels = LabelSet(details.name, details.labels).labels
    if len(labels) != facts.classes:
        raise ModelError(f"expected {facts.classes} labels, one for each output; got {len(labels)}")
    if details.normalisation not in (usable := normalisations_for(facts.colour)):
        raise ModelError(f"expected a normalisation from {', '.join(usable)}; got {details.normalisation!r}")
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
