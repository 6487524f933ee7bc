"""Exports and imports a study as a ZIP file of the folder of :mod:`emotion.library.studies.exchange`."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from pathlib import Path

from emotion.engine.private_files import make_private_folder, open_private
from emotion.errors import InputError, brief
from emotion.library.read_upload import rewrite_uploaded
from emotion.library.studies.exchange import ABOUT, TIMELINES, export_study, import_study
from emotion.library.studies.repository import SavedStudy, StudyRepository
from emotion.limits import limits
from emotion.progress import OnProgress, ProgressReporter
from emotion.sandbox.zips import BROKEN, open_zip

SUFFIX = ".zip"
EXPECTED = f"a ZIP file of an exported study, with {ABOUT} in it"
_MOST_FILES = 100_000
_WANTED = re.compile(rf"(?:[^/]+/)?({re.escape(ABOUT)}|{TIMELINES}/[0-9a-f]{{32}}\.parquet)")
"""Files of a study, at the top of the ZIP file or in one folder."""


def pack_folder(folder: Path, path: Path) -> None:
    """Move the files of a folder into a ZIP file that only its owner can read.

    Timelines are already compressed and are stored as they are.
    """
    with open_private(path, "wb") as packed, zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            kind = zipfile.ZIP_STORED if file.suffix in {".parquet", ".gz"} else zipfile.ZIP_DEFLATED
            archive.write(file, file.relative_to(folder), kind)
            file.unlink()


def export_zip(studies: StudyRepository, saved: SavedStudy, path: Path, on_step: OnProgress | None = None) -> list[str]:
    """Write a study and its timelines as a new ZIP file; see :func:`~emotion.library.studies.exchange.export_study`.

    Raises:
        InputError: The file exists.
    """
    if path.exists():
        raise InputError(f"expected the name of a new file; {path.name} exists")
    make_private_folder(path.parent)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        parts, packed = Path(folder) / "parts", Path(folder) / path.name
        without = export_study(studies, saved, parts, on_step)
        pack_folder(parts, packed)
        packed.rename(path)
    return without


def import_zip(
    studies: StudyRepository, path: Path, on_step: OnProgress | None = None, workspace: Path | None = None
) -> SavedStudy:
    """Add the study in an untrusted ZIP file, with its analyses unless the library already has them.

    Timelines are read and rewritten in the sandbox; this process only reads the rewritten ones.

    Args:
        studies: The owner's studies.
        path: File from :func:`export_zip`, or a zipped folder from ``export_study``.
        on_step: Called after each step; may raise to cancel.
        workspace: Folder for temporary files.

    Raises:
        InputError: It is not such a file, or a file in it is damaged; nothing is added.
        TimelineError: A timeline is damaged; nothing is added.
        TooLargeError: A limit is exceeded; nothing is added.
    """
    with tempfile.TemporaryDirectory(dir=workspace) as folder, open_zip(path, _MOST_FILES, EXPECTED) as archive:
        entries = _entries(archive)
        limits().check_free(Path(folder), sum(entry.file_size for entry in entries.values()))
        progress = ProgressReporter(2 * (len(entries) - 1), on_step)
        (Path(folder) / TIMELINES).mkdir()
        for name, entry in entries.items():
            target = Path(folder) / name
            if name == ABOUT:
                _unpack(archive, entry, target)
            else:
                brought = Path(folder) / "brought.parquet"
                _unpack(archive, entry, brought)
                rewrite_uploaded(brought, target, target.name)
                progress.advance()
        return import_study(studies, Path(folder), lambda _: progress.advance())


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return path in the study's folder → entry, ignoring files that do not belong to a study."""
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        if match := _WANTED.fullmatch(entry.filename):
            if match[1] in found:
                raise InputError(f"expected one study in the ZIP file; it has {brief(match[1])} twice")
            found[match[1]] = entry
    if ABOUT not in found:
        raise InputError(f"expected {EXPECTED}; there is none")
    return found


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Unpack an entry; zipfile never unpacks more than the size stated in the archive."""
    try:
        with archive.open(entry) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file)
    except BROKEN as error:
        raise InputError(f"expected {EXPECTED}; {brief(entry.filename)} cannot be unpacked: {brief(error)}") from error
