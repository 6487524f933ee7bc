"""A study as an immutable value: participants, stimuli and the cells that join them to analyses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from emotion.errors import InputError, brief, printable_line

MAX_NAME = 100
"""Longest name of a participant, stimulus or variable, characters."""

_NONE: Mapping[str, str] = MappingProxyType({})
Key = tuple[str, str]
"""Participant and stimulus, which identify a cell."""


class Consent(StrEnum):
    """Whether a participant agreed that their expressions are analysed."""

    GIVEN = "given"
    NOT_RECORDED = "not recorded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Participant:
    """One person.

    Attributes:
        name: Their code in the study, unique.
        variables: Further variables, such as ``{"group": "control"}``.
        consent: Whether they agreed; a participant who withdrew is left out of all results.
        excluded: Why they are left out of all results; empty if they are not.
    """

    name: str
    variables: Mapping[str, str] = field(default_factory=lambda: _NONE)
    consent: Consent = Consent.NOT_RECORDED
    excluded: str = ""

    @property
    def counts(self) -> bool:
        """Whether results include this participant."""
        return not self.excluded and self.consent is not Consent.WITHDRAWN


@dataclass(frozen=True, slots=True)
class Stimulus:
    """What participants saw or did.

    Attributes:
        name: Unique.
        variables: Conditions, such as ``{"valence": "positive"}``.
        event: Label of the event that marks the stimulus in each analysis; empty if the whole video is the stimulus.
        before_s: How long before the event the stimulus counts from, s. The event's start stays time 0.
        after_s: How long after the event's start it counts, s; None for the event's own end. A moment needs a number.
    """

    name: str
    variables: Mapping[str, str] = field(default_factory=lambda: _NONE)
    event: str = ""
    before_s: float = 0.0
    after_s: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.before_s < float("inf") or not (self.after_s is None or 0 < self.after_s < float("inf")):
            raise InputError(f"expected times before and after an event in seconds, from 0; got those of {self.name!r}")


@dataclass(frozen=True, slots=True)
class Cell:
    """One participant with one stimulus.

    Attributes:
        participant: A participant's name.
        stimulus: A stimulus' name.
        analysis: ID of the analysis in the library.
        start_s: Where the stimulus starts in the video, s; time 0 of its curves. None for the start.
        end_s: Where it ends, s, exclusive; None for the end of the video.
        track: The track that is the participant, or that was merged into theirs; None for the tracks named like the
            participant, or if none is, for the one seen longest.
    """

    participant: str
    stimulus: str
    analysis: str
    start_s: float | None = None
    end_s: float | None = None
    track: int | None = None

    def __post_init__(self) -> None:
        start, end = self.start_s or 0.0, float("inf") if self.end_s is None else self.end_s
        if not 0 <= start < end:
            part = f"{start:g}–{end:g} s for {brief(self.participant)}, {brief(self.stimulus)}"
            raise InputError(f"expected a part that ends after it starts; got {part}")

    @property
    def key(self) -> Key:
        """Participant and stimulus."""
        return self.participant, self.stimulus


@dataclass(frozen=True, slots=True)
class Study:
    """A study: participants, stimuli, and the cells that join them.

    Attributes:
        title: For people.
        participants: In the order of tables; names are unique.
        stimuli: Likewise.
        cells: At most one for each participant and stimulus.

    Raises:
        InputError: A name is empty, too long or used twice, or a cell names somebody or something unknown.
    """

    title: str
    participants: tuple[Participant, ...] = ()
    stimuli: tuple[Stimulus, ...] = ()
    cells: tuple[Cell, ...] = ()

    def __post_init__(self) -> None:
        _check_names("participant", (each.name for each in self.participants))
        _check_names("stimulus", (each.name for each in self.stimuli))
        for variables in (*(each.variables for each in self.participants), *(each.variables for each in self.stimuli)):
            _check_names("variable", variables)
        _check_cells(self)

    def counted_cells(self) -> tuple[Cell, ...]:
        """Return the cells of participants that count."""
        counting = {each.name for each in self.participants if each.counts}
        return tuple(cell for cell in self.cells if cell.participant in counting)

    def missing(self) -> list[Key]:
        """Return what has no analysis: participant and stimulus, of participants that count."""
        there = {cell.key for cell in self.cells}
        every = ((who.name, what.name) for who in self.participants if who.counts for what in self.stimuli)
        return [key for key in every if key not in there]

    def variables(self, of: str) -> tuple[str, ...]:
        """Return the names of all variables, in the order they appear.

        Args:
            of: ``"participants"`` or ``"stimuli"``.
        """
        things = self.participants if of == "participants" else self.stimuli
        return tuple(dict.fromkeys(name for each in things for name in each.variables))

    def with_free_variables(self, taken: Iterable[str]) -> Study:
        """Return the study with each variable renamed that has the name of another column.

        ``variable_`` comes first; for a variable of stimuli that has the name of one of participants, ``stimulus_``.

        Args:
            taken: Names of the other columns of the study's tables.
        """
        own = self.variables("participants")
        of_people = _free_names({name: name for name in own}, taken)
        wanted = {name: f"stimulus_{name}" if name in own else name for name in self.variables("stimuli")}
        of_stimuli = _free_names(wanted, (*taken, *of_people.values()))
        people = tuple(replace(each, variables=_renamed(each.variables, of_people)) for each in self.participants)
        stimuli = tuple(replace(each, variables=_renamed(each.variables, of_stimuli)) for each in self.stimuli)
        return replace(self, participants=people, stimuli=stimuli)

    def merged_with(self, other: Study) -> Study:
        """Return the study with another one's participants, stimuli and cells added; where both have one, the other's.

        Consent and exclusions of participants that are in both stay, unless the other study records some.
        """
        people = {each.name: each for each in self.participants}
        for new in other.participants:
            people[new.name] = _merge_participants(people.get(new.name), new)
        stimuli = {each.name: each for each in self.stimuli}
        for thing in other.stimuli:
            stimuli[thing.name] = _merge_stimuli(stimuli.get(thing.name), thing)
        cells = {cell.key: cell for cell in (*self.cells, *other.cells)}
        return replace(
            self, participants=tuple(people.values()), stimuli=tuple(stimuli.values()), cells=tuple(cells.values())
        )

    def without_cells(self, keys: Iterable[Key]) -> Study:
        """Return the study without some cells."""
        gone = set(keys)
        return replace(self, cells=tuple(cell for cell in self.cells if cell.key not in gone))

    def with_analyses(self, ids: Mapping[str, str]) -> Study:
        """Return the study with analysis IDs replaced, given old ID → new ID; cells with other IDs are left out."""
        cells = tuple(replace(cell, analysis=ids[cell.analysis]) for cell in self.cells if cell.analysis in ids)
        return replace(self, cells=cells)

    def with_cells_only(self) -> Study:
        """Return the study without participants and stimuli that have no cell."""
        people, stimuli = ({cell.key[part] for cell in self.cells} for part in (0, 1))
        return replace(
            self,
            participants=tuple(each for each in self.participants if each.name in people),
            stimuli=tuple(each for each in self.stimuli if each.name in stimuli),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "title": self.title,
            "participants": [asdict(replace(each, variables=dict(each.variables))) for each in self.participants],
            "stimuli": [asdict(replace(each, variables=dict(each.variables))) for each in self.stimuli],
            "cells": [asdict(each) for each in self.cells],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Study:
        """Build from :meth:`to_dict`'s output.

        Raises:
            InputError: It has another structure.
        """
        try:
            people = [{**each, "consent": Consent(each["consent"])} for each in values["participants"]]
            return cls(
                title=str(values["title"]),
                participants=tuple(Participant(**each) for each in people),
                stimuli=tuple(Stimulus(**each) for each in values["stimuli"]),
                cells=tuple(Cell(**each) for each in values["cells"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"expected a study saved by this program; it cannot be read: {brief(error)}") from error


def _free_names(wanted: Mapping[str, str], taken: Iterable[str]) -> dict[str, str]:
    """Return variable → name that nothing else has."""
    names, free = {*taken}, {}
    for name, column in wanted.items():
        while column in names:
            column = f"variable_{column}"  # noqa: PLW2901 – longer until it is free
        names.add(column)
        free[name] = column
    return free


def _renamed(variables: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    return {new[name]: value for name, value in variables.items()}


def _merge_participants(old: Participant | None, new: Participant) -> Participant:
    if old is None:
        return new
    return Participant(
        new.name,
        {**old.variables, **new.variables},
        old.consent if new.consent is Consent.NOT_RECORDED else new.consent,
        new.excluded or old.excluded,
    )


def _merge_stimuli(old: Stimulus | None, new: Stimulus) -> Stimulus:
    if old is None:
        return new
    kept = new if new.event else old
    return replace(kept, variables={**old.variables, **new.variables})


def _check_names(kind: str, names: Iterable[str]) -> None:
    names = list(names)
    for name in names:
        if name != printable_line(name) or not name or len(name) > MAX_NAME:
            raise InputError(f"expected a {kind}'s name of 1 to {MAX_NAME} characters on one line; got {brief(name)!r}")
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise InputError(f"expected each {kind} once; got {brief(twice[0])!r} several times")


def _check_cells(study: Study) -> None:
    people, stimuli = ({each.name for each in things} for things in (study.participants, study.stimuli))
    for cell in study.cells:
        if cell.participant not in people or cell.stimulus not in stimuli:
            raise InputError(f"expected cells of the study's participants and stimuli; got {brief(cell.key)}")
    if twice := [key for key, count in Counter(cell.key for cell in study.cells).items() if count > 1]:
        raise InputError(f"expected one analysis for {' and '.join(map(brief, twice[0]))}; got several")
