"""One tree of errors. Each says what was expected and what came, in one sentence for people.

EmotionError
├── InputError              what the user gave cannot be used
│   ├── ImageError          … not a picture that can be read
│   ├── VideoError          … not a video that can be read
│   ├── TooLargeError       … over a limit, refused before the work
│   └── DatasetError        … a data set that is not laid out as announced
├── LabelError              a label or spelling that no set knows
├── ModelError              a model that is missing, damaged or not as its card says
├── ServingError            a model server that does not answer, or with something else
├── TimelineError           a table that is not a timeline
├── LibraryError            the library of analyses cannot do what was asked
│   └── UnknownAnalysisError  … there is no such analysis
├── BatchError              a batch of videos cannot be begun or cannot go on
├── LiveError               a live session cannot do what was asked
├── SettingsError           an environment variable says what it cannot say
└── Cancelled               the caller asked to stop; what was done is kept
"""

from __future__ import annotations

from emotion.masking import masked

_LONGEST = 120


def brief(came: object) -> str:
    """Return what came, or what another library says of it, as it can stand in a sentence: one printable line.

    Args:
        came: Anything; files from anybody name things at any length, in any characters.
    """
    line = one_line(str(came))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def one_line(text: str) -> str:
    """Return text as one line, without characters that cannot be printed."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


class EmotionError(Exception):
    """Base of everything this package raises on purpose; ``str(error)`` is fit to show.

    Passwords in the text are masked: it may quote an address, or what a server said.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*(masked(each) if isinstance(each, str) else each for each in args))


class InputError(EmotionError):
    """What the user gave cannot be used."""


class ImageError(InputError):
    """Not a picture that can be read."""


class VideoError(InputError):
    """Not a video that can be read."""


class TooLargeError(InputError):
    """Over a limit; refused before any work was done."""


class DatasetError(InputError):
    """A data set that is not laid out as announced."""


class LabelError(EmotionError, ValueError):
    """A label or spelling that no set knows."""


class ModelError(EmotionError):
    """A model that is missing, damaged or not as its card says."""


class ServingError(EmotionError):
    """A model server that does not answer, or answers with something else than was asked for."""


class TimelineError(EmotionError, ValueError):
    """A table that is not a timeline."""


class LibraryError(EmotionError):
    """The library of analyses cannot do what was asked: an unknown analysis, a full disk, a database that is away."""


class UnknownAnalysisError(LibraryError):
    """There is no such analysis in the owner's part of the library."""


class BatchError(EmotionError):
    """A batch of videos cannot be begun or cannot go on: Ray is not installed, the folder is in use, a full disk."""


class LiveError(EmotionError):
    """A live session cannot do what was asked: all places are taken, it is closed, a wish that there is not."""


class SettingsError(EmotionError):
    """An environment variable says what it cannot say."""


class Cancelled(EmotionError):  # noqa: N818 – a wish, not a fault
    """The caller asked to stop. What was done until then is kept."""
