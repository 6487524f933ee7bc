"""The package's exceptions. Each message is one sentence for people: what was expected, and what was found.

EmotionError
├── InputError              unusable input
│   ├── ImageError          … not a readable picture
│   ├── VideoError          … not a readable video
│   ├── TooLargeError       … exceeds a limit; refused before any work
│   └── DatasetError        … a data set with an unexpected layout
├── LabelError              an unknown label or spelling
├── ModelError              a missing or damaged model, or one that contradicts its card
├── ServingError            a model server gives no answer, or an invalid one
├── TimelineError           a table is not a valid timeline
├── LibraryError            an operation on the library of analyses failed
│   └── UnknownAnalysisError  … no such analysis
├── BatchError              a batch of videos cannot start or continue
├── LiveError               a request to a live session failed
├── SettingsError           an invalid environment variable
└── Cancelled               the caller stopped the work; results so far are kept
"""

from __future__ import annotations

from emotion.masking import masked

_LONGEST = 120

JOINERS = "\u200c\u200d"
"""Invisible characters inside words of Persian and Hindi, and inside emojis of several people."""


def brief(value: object) -> str:
    """Return a value, or another library's message, as one short printable line for use in a sentence.

    Args:
        value: Anything; names in untrusted files may have any length and any characters.
    """
    line = printable_line(str(value))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def printable_line(text: str, keep: str = "") -> str:
    """Return text as one line, with a space in place of unprintable characters.

    Args:
        text: Any text.
        keep: Unprintable characters that stay, such as :data:`JOINERS`.
    """
    return " ".join("".join(sign if sign.isprintable() or sign in keep else " " for sign in text).split())


def count_text(count: int, one: str, many: str = "") -> str:
    """Return a number of things, such as ``1 picture``.

    Args:
        count: The number.
        one: Name of one thing.
        many: Name of several; ``one`` with an s if empty.
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


class EmotionError(Exception):
    """Base class of all errors that this package raises; ``str(error)`` can be shown to people.

    Passwords in the message are masked, as it may quote a URL or a server's answer.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*(masked(each) if isinstance(each, str) else each for each in args))


class InputError(EmotionError):
    """The input cannot be used."""


class ImageError(InputError):
    """The file or object is not a readable picture."""


class VideoError(InputError):
    """The file is not a readable video."""


class TooLargeError(InputError):
    """The input exceeds a limit. It was refused before any work was done."""


class DatasetError(InputError):
    """A data set does not have the expected layout."""


class LabelError(EmotionError, ValueError):
    """A label or spelling is unknown."""


class ModelError(EmotionError):
    """A model is missing or damaged, or contradicts its card."""


class ServingError(EmotionError):
    """A model server does not answer, or its answer is not what was requested."""


class TimelineError(EmotionError, ValueError):
    """A table is not a valid timeline."""


class LibraryError(EmotionError):
    """An operation on the library failed: an unknown analysis, a full disk, an unreachable database."""


class UnknownAnalysisError(LibraryError):
    """The owner's library has no such analysis."""


class BatchError(EmotionError):
    """A batch of videos cannot start or continue: Ray is not installed, the folder is in use, the disk is full."""


class LiveError(EmotionError):
    """A request to a live session failed: all places are taken, the session is closed, or an option is unknown."""


class SettingsError(EmotionError):
    """An environment variable has an invalid value."""


class Cancelled(EmotionError):  # noqa: N818 – a request, not an error
    """The caller stopped the work. Results until then are kept."""
