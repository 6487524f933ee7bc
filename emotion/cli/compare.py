"""The command ``compare``: whether the expressions of two people of a saved timeline move together."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd

from emotion.analytics.apply import apply_edits
from emotion.analytics.edits import Edits
from emotion.analytics.files import load_parquet
from emotion.analytics.lanes import longest_seen
from emotion.analytics.people import person_name
from emotion.cli.export import edits_of
from emotion.csv_text import csv_bytes
from emotion.errors import InputError, brief
from emotion.studies.pair_figures import SMILE, SMILE_OVER, figures_of_pair, figures_row, tracks_table
from emotion.studies.pair_sentences import SAME_CAUSE, SHIFTS_ASSUME, pair_sentences
from emotion.studies.pair_tracks import NO_BASELINES
from emotion.types import Analysis


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "file", type=Path, metavar="FILE.parquet", help="timeline, from “emotion video” or downloaded from the app"
    )
    parser.add_argument(
        "--people", nargs=2, metavar="PERSON", help="two names or track numbers (default: the two seen longest)"
    )
    add_pair_options(parser)
    parser.add_argument("--relative", action="store_true", help="subtract each person's mean in their baseline")
    parser.add_argument("--edits", type=Path, metavar="JSON", help="names, baselines, … (default: those in FILE)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead of sentences")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="write the figures, as JSON if the name ends in .json, otherwise as CSV",
    )
    parser.add_argument("--tracks", type=Path, metavar="CSV", help="write both tracks over time")


def add_pair_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the measure and of smiles."""
    parser.add_argument(
        "--measure", default=SMILE, metavar="NAME", help="such as happiness or valence (default: %(default)s)"
    )
    parser.add_argument(
        "--smile-over", type=float, default=SMILE_OVER, metavar="P",
        help="a face smiles if happiness is over this (default: %(default)s)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Run the command and return the exit status.

    Raises:
        EmotionError: A file cannot be read, a person or the measure is unknown, or the tracks are too short.
    """
    edits = edits_of(options)
    edited = apply_edits(load_parquet(options.file), edits)
    people = _people(edited, edits, options.people)
    baselines = {one: edits.baselines[one] for one in people if one in edits.baselines}
    if options.relative and not baselines:
        raise InputError("expected baselines of both people for --relative; got none")
    found = figures_of_pair(
        edited, people, options.measure, over=options.smile_over,
        baselines=baselines if options.relative else NO_BASELINES,
    )  # fmt: skip
    names = person_name(people[0], edits.names), person_name(people[1], edits.names)
    row = figures_row(found, names)
    if options.out is not None:
        write_figures([row], options.out)
    if options.tracks is not None:
        options.tracks.write_bytes(csv_bytes(tracks_table(found.tracks)))
    if options.json:
        print(json_text(row))
    else:
        print("\n".join([*pair_sentences(found, names), SHIFTS_ASSUME, SAME_CAUSE]))
    return 0


def write_figures(rows: list[dict[str, Any]], path: Path) -> None:
    """Write rows of figures as JSON if the name ends in ``.json``, otherwise as CSV."""
    if path.suffix.lower() == ".json":
        path.write_text(json_text(rows) + "\n", encoding="utf-8")
    else:
        path.write_bytes(csv_bytes(pd.DataFrame(rows)))


def json_text(figures: object) -> str:
    """Return figures as JSON; unknown numbers become null."""
    return json.dumps(_without_nan(figures), ensure_ascii=False, indent=2, allow_nan=False)


def _without_nan(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _people(edited: Analysis, edits: Edits, asked: list[str] | None) -> tuple[int, int]:
    """Return the tracks of two people that are asked for by name or number, or those seen longest."""
    if asked is not None:
        return _track(edited, edits, asked[0]), _track(edited, edits, asked[1])
    longest = longest_seen(edited.timeline, 2)
    if len(longest) < 2:
        raise InputError(f"expected at least two people in the video; got {len(longest)}")
    return longest[0], longest[1]


def _track(edited: Analysis, edits: Edits, name: str) -> int:
    there = sorted({int(track) for track in edited.timeline["track_id"].unique()})
    names = {track: person_name(track, edits.names).casefold() for track in there}
    fitting = [track for track in there if name.casefold() in {names[track], str(track)}]
    if len(fitting) != 1:
        have = ", ".join(person_name(track, edits.names) for track in there[:20]) or "nobody"
        raise InputError(f"expected the name or number of one person: {have}; got {brief(name)!r}")
    return fitting[0]
