"""Turns any error that a file causes into one sentence, so that the other files are still handled."""

from __future__ import annotations

import re

from emotion.errors import EmotionError, brief
from emotion.limits import out_of_memory_message
from emotion.paths import unicode_name


def sentence_for(error: Exception, name: str, expected: str = "a file") -> str:
    """Return one sentence for people about an error that a file caused.

    Errors of this package are already sentences. For others, such as a system error or a bug in a library, the sentence
    is composed from the file's name and the error.

    Args:
        error: Raised while the file was read or analysed, or while its results were written.
        name: Display name of the file.
        expected: What the file should have been: "a picture", "a video".
    """
    return unicode_name(_sentence(error, name, expected))


def with_name(sentence: str, name: str) -> str:
    """Return a sentence about a file, with the file's name in front unless it is in the sentence already."""
    return sentence if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sentence) else f"{name}: {sentence}"


def _sentence(error: Exception, name: str, expected: str) -> str:
    if isinstance(error, EmotionError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{name} cannot be analysed: {out_of_memory_message(expected)}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or name} cannot be written or read: {error.strerror}"
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"{name} cannot be analysed; expected {expected} that can be read; got {brief(said)}"
