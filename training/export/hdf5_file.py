"""A whole network in one file: HDF5 as Keras 1 and 2 and ``ModelCheckpoint`` write it, or Keras 3's ``.keras``."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from emotion.errors import ModelError, brief

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_CONFIG = "config.json"
_LARGEST_CONFIG = 50_000_000
"""Bytes; the architectures of the largest networks take a few megabytes."""


def config_inside(file: Path) -> Any | None:
    """Return the architecture inside a file as JSON values, None if it holds weights alone.

    Raises:
        ModelError: It is not a Keras file.
    """
    if not file.is_file():
        there = "it is a folder; save the network as one file" if file.is_dir() else "there is no such file"
        raise ModelError(f"expected a network in {file.name}; {there}")
    try:
        with file.open("rb") as binary:
            start = binary.read(8)
        if start == _HDF5:
            return _config_in_hdf5(file)
        if start.startswith(_ZIP):
            return _config_in_zip(file)
    except (OSError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
        raise ModelError(f"expected a network in {file.name}; it cannot be read: {brief(error)}") from error
    raise ModelError(f"expected a network that Keras saved as .h5, .hdf5 or .keras; {file.name} is not one")


@contextmanager
def weights_file(file: Path) -> Iterator[Path]:
    """Yield a path to the file with the suffix that Keras expects for its format."""
    with file.open("rb") as binary:
        ending = ".keras" if binary.read(4) == _ZIP else ".h5"
    if file.name.endswith((ending, ".weights.h5")):
        yield file
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"network{ending}"
        shutil.copyfile(file, copy)
        yield copy


def is_of_theano(file: Path) -> bool:
    """Return whether the weights in an HDF5 file were trained with Theano, whose convolutions turn their kernels."""
    try:
        with h5py.File(file) as whole:
            backend = whole.attrs.get("backend", whole.get("model_weights", whole).attrs.get("backend", b""))
    except OSError:
        return False
    return (backend.decode() if isinstance(backend, bytes) else str(backend)) == "theano"


def _config_in_hdf5(file: Path) -> Any | None:
    with h5py.File(file) as whole:
        config = whole.attrs.get("model_config")
    if config is None:
        return None
    return json.loads(config.decode("utf-8") if isinstance(config, bytes) else config)


def _config_in_zip(file: Path) -> Any:
    with zipfile.ZipFile(file) as archive:
        entry = archive.getinfo(_CONFIG)
        if entry.file_size > _LARGEST_CONFIG:
            raise ValueError(f"{_CONFIG} has {entry.file_size:,} bytes")
        return json.loads(archive.read(entry))
