"""Builds a study from file names by a pattern, such as ``{participant}_{stimulus}``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath

from emotion.errors import InputError, brief, printable_line
from emotion.studies.study import Cell, Consent, Participant, Stimulus, Study

PARTICIPANT, STIMULUS = "participant", "stimulus"
ONLY_STIMULUS = "video"
"""Name of the stimulus if neither a pattern nor a table names any."""

SUGGESTED = (
    "{participant}_{stimulus}",
    "{participant}-{stimulus}",
    "{participant} {stimulus}",
    "{participant}.{stimulus}",
    "{participant}",
)
"""Patterns to try on file names, in this order."""

_FIELD = re.compile(r"\{([^{}]*)\}")


class NamePattern:
    """A pattern with named fields in braces; all other text must occur in the file name, ignoring case.

    ``participant`` is required; ``stimulus`` is one for all videos if it is not in the pattern. Any other field is a
    variable. A field takes as few characters as the rest of the pattern allows, the last one the remaining ones.

    Args:
        text: Such as ``"{participant}_{stimulus}_{group}"``; it stands for the file name without its ending.

    Raises:
        InputError: It has no ``{participant}``, a field without a name or twice, or two fields without text in between.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.fields = tuple(printable_line(name) for name in _FIELD.findall(text))
        if PARTICIPANT not in self.fields:
            raise InputError(f"expected a pattern with {{participant}}, such as {SUGGESTED[0]}; got {brief(text)!r}")
        if not all(self.fields) or len(set(self.fields)) < len(self.fields) or "}{" in text:
            raise InputError(f"expected each field once, with a sign between fields; got {brief(text)!r}")
        self._literals = [re.compile(re.escape(part), re.IGNORECASE) for part in _FIELD.split(text)[::2]]
        self._end_length = len(_FIELD.split(text)[-1])

    def read(self, file_name: str) -> dict[str, str] | None:
        """Return field → text of a file name; None if the name does not match."""
        parts = self._parts(PurePath(file_name).stem)
        if parts is None:
            return None
        values = {name: printable_line(text) for name, text in zip(self.fields, parts, strict=True)}
        return values if all(values.values()) else None

    def _parts(self, stem: str) -> list[str] | None:
        """Return the text of each field; None if the name does not match.

        Each separator is matched at its first occurrence, which leaves the most text for the other fields. A single
        regular expression would backtrack over all occurrences: with seven fields, a name could take minutes.
        """
        first, *between, last = self._literals
        end = len(stem) - self._end_length
        begin = first.match(stem)
        if begin is None or end < begin.end() or last.fullmatch(stem, end) is None:
            return None
        parts, start = [], begin.end()
        for literal in between:
            found = literal.search(stem, start + 1, end)
            if found is None:
                return None
            parts.append(stem[start : found.start()])
            start = found.end()
        return [*parts, stem[start:end]] if start < end else None


def suggest_pattern(file_names: Sequence[str]) -> str:
    """Return the first of the usual patterns that matches all names; the last one, the whole name, matches any."""
    for text in SUGGESTED[:-1]:
        if file_names and all(NamePattern(text).read(name) for name in file_names):
            return text
    return SUGGESTED[-1]


def study_of_names(pattern: NamePattern, files: Mapping[str, str]) -> tuple[Study, list[str]]:
    """Build a study from file names.

    Args:
        pattern: How to read them.
        files: Analysis ID → file name.

    Returns:
        The study and the names that do not match.

    Raises:
        InputError: Two files are the same participant and stimulus, or a variable belongs to neither.
    """
    rows, unmatched = [], []
    for analysis, name in files.items():
        values = pattern.read(name)
        if values is None:
            unmatched.append(name)
        else:
            rows.append((Cell(values[PARTICIPANT], values.get(STIMULUS, ONLY_STIMULUS), analysis), values))
    return study_of_rows(rows), unmatched


def study_of_rows(
    rows: Iterable[tuple[Cell, Mapping[str, str]]],
    title: str = "",
    participants: Mapping[str, Mapping[str, str]] | None = None,
) -> Study:
    """Build a study from cells with their variables.

    A variable that is the same in all cells of each participant belongs to participants, else one that is the same for
    each stimulus to stimuli.

    Args:
        rows: A cell and its variables each; the keys ``participant`` and ``stimulus`` are ignored.
        title: The study's title.
        participants: Participant → ``consent`` and ``excluded``, as far as known.

    Raises:
        InputError: A variable differs within both, or a cell is there twice.
    """
    rows, known = list(rows), participants or {}
    people = {cell.participant: dict[str, str]() for cell, _ in rows}
    stimuli = {cell.stimulus: dict[str, str]() for cell, _ in rows}
    names = dict.fromkeys(name for _, values in rows for name in values if name not in {PARTICIPANT, STIMULUS})
    for name in names:
        target, found = people, _constant(rows, name, lambda cell: cell.participant)
        if found is None:
            target, found = stimuli, _constant(rows, name, lambda cell: cell.stimulus)
        if found is None:
            raise InputError(
                f"expected {brief(name)!r} to be the same for each participant or for each stimulus; it differs in both"
            )
        for key, value in found.items():
            target[key][name] = value
    return Study(
        title,
        tuple(_participant(name, values, known.get(name, {})) for name, values in people.items()),
        tuple(Stimulus(name, values) for name, values in stimuli.items()),
        tuple(cell for cell, _ in rows),
    )


def _participant(name: str, variables: Mapping[str, str], known: Mapping[str, str]) -> Participant:
    return Participant(name, variables, Consent(known.get("consent", Consent.NOT_RECORDED)), known.get("excluded", ""))


def _constant(
    rows: Sequence[tuple[Cell, Mapping[str, str]]], name: str, key_of: Callable[[Cell], str]
) -> dict[str, str] | None:
    """Return key → the variable's value; None if it differs within a key. Cells without a value do not count."""
    found: dict[str, str] = {}
    for cell, values in rows:
        value = values.get(name, "")
        if value and found.setdefault(key_of(cell), value) != value:
            return None
    return found
