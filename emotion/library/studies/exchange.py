"""Exports a study with its timelines as one folder, and imports such a folder into any library."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from emotion.analytics.edits import Edits
from emotion.analytics.files import load_parquet
from emotion.engine.private_files import make_private_folder
from emotion.engine.storage import timeline_key
from emotion.errors import InputError, brief
from emotion.library.entries import JobSettings, clean_title
from emotion.library.ingest import add_finished, purge
from emotion.library.mapping import new_row
from emotion.library.repository import Repository
from emotion.library.studies.codings import CodingRepository
from emotion.library.studies.repository import SavedStudy, StudyRepository
from emotion.progress import OnProgress, ProgressReporter
from emotion.studies.coding import Codebook, Coding
from emotion.studies.study import Key, Study

ABOUT, TIMELINES = "study.json", "timelines"
VERSION = 1
"""Version of the folder's layout; increased when older versions of the program would misread it."""

_ID = re.compile("[0-9a-f]{32}")
_MAX_BYTES = 64 << 20


def export_study(
    studies: StudyRepository, saved: SavedStudy, folder: Path, on_step: OnProgress | None = None
) -> list[str]:
    """Write a study, its codings and the timelines of its finished analyses into a new folder, without videos.

    Args:
        studies: The owner's studies.
        saved: The study.
        folder: The folder, which must not exist or be empty.
        on_step: Called after every timeline; may raise to cancel.

    Returns:
        IDs of analyses that have no timeline; their cells are left out.

    Raises:
        InputError: The folder is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"expected a new or empty folder; {folder.name} is not empty")
    make_private_folder(folder / TIMELINES)
    storage, about, without = studies.analyses.library.storage, {}, []
    states = studies.states(saved.id)
    progress = ProgressReporter(len(states), on_step)
    for analysis, state in states.items():
        if state.state.is_over and storage.exists(timeline_key(analysis)):
            entry = studies.analyses.get(analysis)
            with storage.local(timeline_key(analysis)) as path:
                shutil.copyfile(path, folder / TIMELINES / f"{analysis}.parquet")
            about[analysis] = {
                "title": entry.title, "source": entry.source, "sha256": entry.source_sha256,
                "settings": entry.settings.to_dict(), "edits": entry.edits.to_dict(),
            }  # fmt: skip
        else:
            without.append(analysis)
        progress.advance()
    study = saved.study.without_cells(cell.key for cell in saved.study.cells if cell.analysis not in about)
    content = {
        "version": VERSION, "study": study.to_dict(), "analyses": about,
        **_coded(CodingRepository(studies), saved.id, {cell.key for cell in study.cells}),
    }  # fmt: skip
    (folder / ABOUT).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return without


def import_study(studies: StudyRepository, folder: Path, on_step: OnProgress | None = None) -> SavedStudy:
    """Add the study of a folder, and those of its analyses that the library does not have yet.

    Args:
        studies: The owner's studies.
        folder: From :func:`export_study`.
        on_step: Called after every timeline; may raise to cancel.

    Raises:
        InputError: It is not such a folder, or a file is damaged. Nothing is added then.
        TimelineError: A timeline is damaged; likewise.
        TooLargeError: It is over a limit; likewise.
    """
    content = _read(_regular_file(folder / ABOUT))
    study, repository = Study.from_dict(content["study"]), studies.analyses
    codebook, codings = _codings_of(content, study)
    own, ids, added = studies.files(), {}, []
    progress = ProgressReporter(len(content["analyses"]), on_step)
    try:
        for analysis, about in content["analyses"].items():
            if analysis in own:
                ids[analysis] = analysis
            else:
                timeline = _regular_file(_regular_folder(folder) / f"{analysis}.parquet")
                ids[analysis] = _add(repository, timeline, about)
                added.append(ids[analysis])
            progress.advance()
        saved = studies.create(study.with_analyses(ids))
        try:
            CodingRepository(studies).add(saved.id, codebook, codings)
        except BaseException:
            studies.delete(saved.id)
            raise
        return saved
    except BaseException:
        for analysis in added:
            purge(repository.library, analysis)
        raise


def _coded(repository: CodingRepository, study_id: str, keys: Collection[Key]) -> dict[str, Any]:
    """Return the codebook, unless it is the default one, and the codings of some cells as plain JSON types."""
    codings = [saved.coding.to_dict() for saved in repository.all(study_id) if saved.coding.key in keys]
    saved = repository.codebook(study_id)
    return {"codings": codings, **({"codebook": saved.codebook.to_dict()} if saved.version else {})}


def _codings_of(content: Mapping[str, Any], study: Study) -> tuple[Codebook | None, list[Coding]]:
    """Return the codebook and the codings of a folder; those of older versions have none."""
    codebook = Codebook.from_dict(content["codebook"]) if "codebook" in content else None
    given = content.get("codings", [])
    if not isinstance(given, list):
        raise InputError(f"expected a list of codings in {ABOUT}; got {brief(given)}")
    codings = [Coding.from_dict(each) for each in given]
    cells = {cell.key for cell in study.cells}
    if unknown := next((coding for coding in codings if coding.key not in cells), None):
        raise InputError(f"expected codings of videos in {ABOUT}; got one of {brief(' · '.join(unknown.key))}")
    return codebook, codings


def _regular_file(path: Path) -> Path:
    """Return a path in the untrusted folder, after checking that it is a regular file or does not exist.

    Raises:
        InputError: It is a link, which could point to any file on this machine, a folder, or an endless device or pipe.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise InputError(f"expected regular files in the folder of a study; {path.name} is not one")
    return path


def _regular_folder(folder: Path) -> Path:
    timelines = folder / TIMELINES
    if timelines.is_symlink():
        raise InputError(f"expected a folder {TIMELINES} in the folder of a study; it is a link")
    return timelines


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"expected {ABOUT} of at most {_MAX_BYTES >> 20} MiB; it is larger")
        content = json.loads(path.read_text(encoding="utf-8"))
        version, analyses = content["version"], content["analyses"]
        cells = content["study"]["cells"]
        is_complete = all(map(_ID.fullmatch, analyses)) and all(cell["analysis"] in analyses for cell in cells)
    except NotADirectoryError:
        raise InputError(
            f"expected an exported study, a folder or a .zip file; got {brief(path.parent.name)}"
        ) from None
    except FileNotFoundError:
        raise InputError(f"expected the folder of an exported study; there is no {ABOUT} in it") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"expected a study in {ABOUT}; it cannot be read: {brief(error)}") from error
    if version != VERSION:
        raise InputError(f"expected a study of version {VERSION}; got {brief(version)}")
    if not is_complete:
        raise InputError(f"expected a complete study in {ABOUT}; it refers to analyses that it does not list")
    return dict(content)


def _add(repository: Repository, timeline: Path, about: Mapping[str, Any]) -> str:
    """Add a finished analysis without its video, and return its ID."""
    analysis = load_parquet(timeline, limited=True)
    try:
        settings, edits = JobSettings.from_dict(about["settings"]), Edits.from_dict(about["edits"])
        title, source, digest = (str(about[name]) for name in ("title", "source", "sha256"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"expected facts of each analysis in {ABOUT}; they cannot be read: {brief(error)}") from error
    row = new_row(uuid.uuid4().hex, repository.owner, clean_title(source), clean_title(title), settings)
    row.source_sha256, entry_id = digest[:64], row.id
    add_finished(repository, row, analysis, edits, {timeline_key(entry_id): timeline})
    return entry_id
