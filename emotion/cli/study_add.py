"""``emotion study add``: adds videos, analyses of the library or a sheet to a study."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from emotion.bad_file import sentence_for, with_name
from emotion.cli.common.arguments import positive
from emotion.cli.common.output import progress_bar
from emotion.errors import Cancelled, EmotionError, InputError, UnknownAnalysisError, brief
from emotion.library import JobSettings, State
from emotion.library.jobs import Dispatcher
from emotion.library.studies import StudyRepository
from emotion.models.registry import sha256_of
from emotion.progress import Progress
from emotion.studies import Cell, Study
from emotion.studies.names import NamePattern, study_of_names, suggest_pattern
from emotion.studies.sheet import read_sheet, study_of_sheet

_POLL_S = 0.5
_GOES_ON = "Stopped waiting; the videos are in the study, and running analyses continue. Run the same command to go on."


def add_study_add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("files", nargs="*", type=Path, metavar="VIDEO", help="analysed and kept in the library")
    parser.add_argument(
        "--pattern",
        metavar="TEXT",
        help="pattern of file names, such as {participant}_{stimulus} (default: found from the names)",
    )
    parser.add_argument("--library", metavar="WORDS", help="add analyses that match these words; '' for all")
    parser.add_argument("--sheet", type=Path, metavar="CSV", help="one row per participant and stimulus")
    parser.add_argument("--fps", type=positive(float), metavar="N", help="analyse at most N frames per second")


def run_study_add(studies: StudyRepository, options: argparse.Namespace) -> int:
    """Run the command and return the exit status.

    Raises:
        Cancelled: Ctrl-C ended the wait for the analyses.
        EmotionError: The study, the sheet or an option cannot be used.
    """
    study_id = studies.find(options.study).id
    ways = [bool(options.files), options.library is not None, options.sheet is not None]
    if sum(ways) != 1:
        raise InputError("expected videos, --library or --sheet, and one of them only")
    if options.files:
        named, left = _named(options, {str(place): path.name for place, path in enumerate(options.files)})
        study, failed, kept = _with_videos(studies, study_id, named, options)
    else:
        study, left = _of_sheet(studies, options.sheet) if options.sheet is not None else _of_library(studies, options)
        saved, failed, kept = studies.get(study_id), 0, 0
        studies.save(saved, saved.study.merged_with(study))
    added = len(study.cells) - kept
    print(f"participants: {len(study.participants)}, stimuli: {len(study.stimuli)}, analyses added: {added}")
    for reason in left:
        print(f"emotion: left out: {reason}", file=sys.stderr)
    return 1 if failed or left else 0


def _of_sheet(studies: StudyRepository, sheet: Path) -> tuple[Study, list[str]]:
    study, missing = study_of_sheet(read_sheet(sheet.read_bytes()), studies.files())
    return study, [f"the library has no analysis of {name}" for name in missing]


def _of_library(studies: StudyRepository, options: argparse.Namespace) -> tuple[Study, list[str]]:
    entries = studies.analyses.search(options.library, limit=100_000, sort="created").entries
    if not entries:
        words = f" that match {brief(options.library)!r}" if options.library else ""
        raise InputError(f"expected analyses{words} in the library; there are none")
    return _named(options, {entry.id: entry.source for entry in entries})


def _named(options: argparse.Namespace, files: dict[str, str]) -> tuple[Study, list[str]]:
    """Build a study from file names, and return it with a message for each name that does not match the pattern."""
    pattern = options.pattern or suggest_pattern(list(files.values()))
    study, unmatched = study_of_names(NamePattern(pattern), files)
    return study, [f"{name} does not match the pattern {pattern}" for name in unmatched]


def _with_videos(
    studies: StudyRepository, study_id: str, named: Study, options: argparse.Namespace
) -> tuple[Study, int, int]:
    """Add videos to a study, queue their analyses, and wait for them.

    Each video is added to the study before the next one is read, so that none is left out if the command is stopped.

    Returns:
        These videos as a study, how many failed, and how many were in the study already.
    """
    added: dict[str, str] = {}
    settings, kept = JobSettings(fps=options.fps), 0
    for cell in named.cells:
        path = options.files[int(cell.analysis)]
        try:
            if (before := _same(studies, studies.get(study_id).study, cell, path, settings)) is not None:
                added[cell.analysis], kept = before, kept + 1
                continue
            entry = studies.analyses.add(path, path.name, settings, title=" · ".join(cell.key))
        except (EmotionError, OSError) as error:
            print(f"emotion: {with_name(sentence_for(error, path.name, 'a video'), path.name)}", file=sys.stderr)
            continue
        added[cell.analysis] = entry.id
        alone = named.with_analyses({cell.analysis: entry.id}).with_cells_only()
        saved = studies.get(study_id)  # read again, as copying a large video takes a while
        studies.save(saved, saved.study.merged_with(alone))
    if added:
        _wait(studies, list(added.values()))
    ended = [studies.analyses.get(analysis) for analysis in added.values()]
    failures = [entry for entry in ended if entry.state is not State.DONE]
    for entry in failures:
        print(f"emotion: {with_name(entry.note, entry.source)}", file=sys.stderr)
    return named.with_analyses(added).with_cells_only(), len(named.cells) - len(added) + len(failures), kept


def _same(studies: StudyRepository, study: Study, cell: Cell, path: Path, settings: JobSettings) -> str | None:
    """Return a cell's earlier analysis, if it is of the same file with the same settings."""
    before = next((each.analysis for each in study.cells if each.key == cell.key and each.analysis), None)
    if before is None:
        return None
    try:
        entry = studies.analyses.get(before)
    except UnknownAnalysisError:
        return None
    usable = entry.state in {State.QUEUED, State.RUNNING, State.DONE}
    same = usable and replace(entry.settings, captured_at=None) == settings and entry.source_sha256 == sha256_of(path)
    return before if same else None


def _wait(studies: StudyRepository, analyses: list[str]) -> None:
    """Run workers until all analyses are over."""
    dispatcher, started = Dispatcher(studies.analyses.library).start(), time.perf_counter()
    try:
        with progress_bar("videos", "videos") as show:
            while True:
                done = sum(studies.analyses.get(analysis).state.is_over for analysis in analyses)
                show(Progress(done, len(analyses), time.perf_counter() - started))
                if done == len(analyses):
                    return
                time.sleep(_POLL_S)
    except KeyboardInterrupt:
        raise Cancelled(_GOES_ON) from None
    finally:
        dispatcher.stop()
