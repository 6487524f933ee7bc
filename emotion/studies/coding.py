"""What people code in the videos of a study: the codebook with its keys, and each coder's spans."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from emotion.errors import InputError, brief, printable_line
from emotion.studies.study import MAX_NAME, Key

PLAYER_KEYS = frozenset(" m[]+-=z")
"""Keys of one character that the player uses itself: play, marks, speed, undo."""

MAX_SPANS = 20_000
"""Most spans of one coder in one video."""


class CodeKind(StrEnum):
    """Whether a code lasts or happens at one moment."""

    STATE = "state"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a codebook.

    Attributes:
        name: Unique, ignoring case.
        key: A letter or digit, in lower case, that codes it in the player.
        kind: A state starts and ends; a point is one moment.

    Raises:
        InputError: The name is empty or too long, or the key cannot be used.
    """

    name: str
    key: str
    kind: CodeKind = CodeKind.STATE

    def __post_init__(self) -> None:
        _check_name("code", self.name)
        if self.key in PLAYER_KEYS and self.key:
            raise InputError(
                f"expected a key of {brief(self.name)!r} that the player does not use itself; got {self.key!r}"
            )
        if len(self.key) != 1 or not self.key.isalnum() or self.key != self.key.lower():
            raise InputError(
                f"expected one lower-case letter or digit as the key of {brief(self.name)!r}; got {brief(self.key)!r}"
            )


@dataclass(frozen=True, slots=True)
class Codebook:
    """The codes of a study.

    Attributes:
        codes: In the order of the player's lanes.
        exclusive: Whether a coder can see one state at a time: a new state ends the open one.

    Raises:
        InputError: There is no code, or two codes share a name or a key.
    """

    codes: tuple[Code, ...]
    exclusive: bool = True

    def __post_init__(self) -> None:
        if not self.codes:
            raise InputError("expected a codebook with at least one code; got none")
        if twice := _first_duplicate(code.name.casefold() for code in self.codes):
            raise InputError(f"expected each code once; got {brief(twice)!r} several times")
        if twice := _first_duplicate(code.key for code in self.codes):
            names = " and ".join(repr(brief(code.name)) for code in self.codes if code.key == twice)
            raise InputError(f"expected a different key for each code; got {twice!r} for {names}")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all codes."""
        return tuple(code.name for code in self.codes)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {"codes": [asdict(code) | {"kind": str(code.kind)} for code in self.codes], "exclusive": self.exclusive}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Codebook:
        """Build from :meth:`to_dict`'s output.

        Raises:
            InputError: It has another structure.
        """
        try:
            codes = [
                Code(str(each["name"]), str(each["key"]), CodeKind(each.get("kind", CodeKind.STATE)))
                for each in values["codes"]
            ]
            return cls(tuple(codes), bool(values.get("exclusive", True)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"expected a codebook with codes and keys; it cannot be read: {brief(error)}") from error


@dataclass(frozen=True, slots=True, order=True)
class CodedSpan:
    """One span that a coder coded, in the video's time.

    Attributes:
        start_s: Time of its first frame, s.
        end_s: Time of the first frame after it, s; equal to the start for a point.
        code: Name of the code.

    Raises:
        InputError: A time is negative or not finite, the span ends before it starts, or the code's name is invalid.
    """

    start_s: float
    end_s: float
    code: str

    def __post_init__(self) -> None:
        _check_name("code", self.code)
        if not (0 <= self.start_s <= self.end_s and math.isfinite(self.end_s)):
            raise InputError(f"expected a span that ends after it starts; got {self.start_s:g}–{self.end_s:g} s")


@dataclass(frozen=True, slots=True)
class Coding:
    """What one coder coded in the video of one participant and stimulus.

    Attributes:
        coder: Name of the coder.
        participant: Name of the participant.
        stimulus: Name of the stimulus.
        spans: In order of time.
        finished: Whether the coder has gone through the whole video; only then does time without a span mean that the
            coder saw no code.

    Raises:
        InputError: A name is empty or too long, or there are too many spans.
    """

    coder: str
    participant: str
    stimulus: str
    spans: tuple[CodedSpan, ...] = ()
    finished: bool = False

    def __post_init__(self) -> None:
        _check_name("coder", self.coder)
        if len(self.spans) > MAX_SPANS:
            raise InputError(f"expected at most {MAX_SPANS:,} spans in a video; got {len(self.spans):,}")
        object.__setattr__(self, "spans", tuple(sorted(self.spans)))

    @property
    def key(self) -> Key:
        """Participant and stimulus."""
        return self.participant, self.stimulus

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "coder": self.coder, "participant": self.participant, "stimulus": self.stimulus,
            "spans": spans_to_json(self.spans), "finished": self.finished,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Coding:
        """Build from :meth:`to_dict`'s output.

        Raises:
            InputError: It has another structure.
        """
        try:
            coder, participant, stimulus = (str(values[name]) for name in ("coder", "participant", "stimulus"))
            return cls(coder, participant, stimulus, spans_from_json(values["spans"]), bool(values["finished"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"expected what a coder coded; it cannot be read: {brief(error)}") from error


def spans_to_json(spans: Iterable[CodedSpan]) -> list[dict[str, Any]]:
    """Return spans as plain JSON types."""
    return [asdict(span) for span in spans]


def spans_from_json(values: Iterable[Mapping[str, Any]]) -> tuple[CodedSpan, ...]:
    """Return the spans of :func:`spans_to_json`'s output, which may come from a browser or a file.

    Raises:
        InputError: It has another structure.
    """
    try:
        return tuple(CodedSpan(float(each["start_s"]), float(each["end_s"]), str(each["code"])) for each in values)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"expected spans with start_s, end_s and code; they cannot be read: {brief(error)}") from error


def merge_spans(
    base: Iterable[CodedSpan], mine: Iterable[CodedSpan], stored: Iterable[CodedSpan]
) -> tuple[CodedSpan, ...]:
    """Apply the changes from ``base`` to ``mine`` to the spans that another tab of the coder has stored by now.

    Args:
        base: The spans that both tabs began from.
        mine: The spans to save.
        stored: The spans that are stored.
    """
    before, wanted, there = set(base), set(mine), set(stored)
    return tuple(sorted((there - (before - wanted)) | (wanted - before)))


def _check_name(kind: str, name: str) -> None:
    if not name or name != printable_line(name) or len(name) > MAX_NAME:
        raise InputError(f"expected a {kind}'s name of 1 to {MAX_NAME} characters on one line; got {brief(name)!r}")


def _first_duplicate(names: Iterable[str]) -> str | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)


DEFAULT_CODEBOOK = Codebook(
    (
        Code("happiness", "h"),
        Code("surprise", "u"),
        Code("sadness", "s"),
        Code("anger", "a"),
        Code("disgust", "d"),
        Code("fear", "f"),
        Code("contempt", "c"),
        Code("neutral", "n"),
        Code("other", "o"),
    )
)
"""Codebook of a new study: the expressions, named as the model names them, and ``other``."""
