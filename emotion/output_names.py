"""Chooses a unique name for the results of each input, before anything is written."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from emotion.errors import InputError
from emotion.paths import unicode_name

_MAX_BYTES = 180
"""Maximum length of a name, bytes: file systems allow 255, and suffixes and temporary names need some of them."""


def without_duplicates(files: Sequence[Path]) -> list[Path]:
    """Return the files in order without duplicates, even if several paths lead to the same file."""
    kept: dict[Path, Path] = {}
    for file in files:
        kept.setdefault(_place(file), file)
    return list(kept.values())


def unique_names(files: Sequence[Path], *, stems: bool = False) -> list[str]:
    """Return a name for the results of each file, in the same order.

    It is the file's stem or name if that is unique. Otherwise it is prefixed with as many parent folders as needed:
    ``happy/1.jpg`` and ``sad/1.jpg`` become ``happy-1.jpg`` and ``sad-1.jpg``. Names are compared ignoring case, as
    macOS and Windows do.

    Args:
        files: Files without duplicates (:func:`without_duplicates`).
        stems: Leave out the suffix where no other file has that stem or name.
    """
    alone = _lone_stems(files) if stems else set()
    candidates = [_candidates(file, with_stem=folded_name(file.stem) in alone) for file in files]
    levels = [0] * len(files)
    while clashes := _clashes([names[level] for names, level in zip(candidates, levels, strict=True)]):
        movable = [place for place in clashes if levels[place] + 1 < len(candidates[place])]
        if not movable:
            return numbered_names([names[level] for names, level in zip(candidates, levels, strict=True)])
        for place in movable:
            levels[place] += 1
    return [names[level] for names, level in zip(candidates, levels, strict=True)]


def shown_names(files: Sequence[str]) -> list[str]:
    """Return each file's name for tables: its name, or the given path if several files share the name."""
    counts = Counter(Path(file).name for file in files)
    return [Path(file).name if counts[Path(file).name] == 1 else file for file in files]


def expect_inputs_kept(inputs: Sequence[Path], outputs: Sequence[Path]) -> None:
    """Refuse to overwrite an input.

    Raises:
        InputError: An output has the path of an input.
    """
    given = {_real(file) for file in inputs}
    for output in outputs:
        if _real(output) in given:
            raise InputError(f"expected outputs that do not overwrite an input; {output.name} is an input")


def _place(file: Path) -> Path:
    """Return the absolute path of a file. Links are not resolved: a link and its target get a result each."""
    return _real(file.parent) / file.name


def _real(path: Path) -> Path:
    """Return the path without links; a link to itself stays as it is, where ``Path.resolve`` raises."""
    return Path(os.path.realpath(path))


def _lone_stems(files: Sequence[Path]) -> set[str]:
    counts = Counter(folded_name(file.stem) for file in files)
    return {stem for stem, count in counts.items() if count == 1} - {
        folded_name(file.name) for file in files if file.suffix
    }


def _candidates(file: Path, *, with_stem: bool) -> list[str]:
    """Return the possible names for a file's results, the shortest first."""
    folder = _place(file).parent
    parents = [part for part in folder.parts if part != folder.anchor]
    wider = ["-".join([*parents[place:], file.name]) for place in range(len(parents) - 1, -1, -1)]
    return [_short(name) for name in (*([file.stem] if with_stem else []), file.name, *wider)]


def _short(name: str) -> str:
    name = unicode_name(name)
    content = name.encode()
    # Truncate the start, which has the parent folders: file names differ at the end.
    return name if len(content) <= _MAX_BYTES else content[-_MAX_BYTES:].decode("utf-8", "ignore")


def folded_name(name: str) -> str:
    """Return a name for comparison: case-folded, and with each accented letter as one character.

    macOS writes a letter and its accent in file names as two characters; people type one.
    """
    return unicodedata.normalize("NFC", name).casefold()


def _clashes(names: Sequence[str]) -> list[int]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        places[folded_name(name)].append(place)
    return sorted(place for same in places.values() if len(same) > 1 for place in same)


def numbered_names(names: Sequence[str], sign: str = "-") -> list[str]:
    """Return the names, with a number added to repeated ones: ``1.jpg``, ``1-2.jpg``.

    Args:
        names: Names, which are compared ignoring case.
        sign: Separator between a name and its number.
    """
    taken = {folded_name(name) for name in names}
    seen: set[str] = set()
    unique = []
    for name in names:
        chosen, number = name, 2
        while folded_name(chosen) in seen or (chosen != name and folded_name(chosen) in taken):
            stem, dot, ending = name.rpartition(".")
            chosen = f"{stem}{sign}{number}.{ending}" if dot and stem else f"{name}{sign}{number}"
            number += 1
        seen.add(folded_name(chosen))
        unique.append(chosen)
    return unique
