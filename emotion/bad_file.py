"""What is said of a file that cannot be handled, so that it ends nothing but itself."""

from __future__ import annotations

from emotion.errors import EmotionError, brief
from emotion.limits import no_memory_words
from emotion.paths import unicode_name


def sentence_for(error: Exception, name: str, expected: str = "a file") -> str:
    """Return one sentence for people about whatever a file has raised.

    Errors of our own are sentences already. Others come from the system or from a library that a file
    brought to an end nobody foresaw; they are told with the file's name.

    Args:
        error: What was raised while the file was read, analysed or written about.
        name: The file's, for people.
        expected: What the file should have been: "a picture", "a video".
    """
    return unicode_name(_sentence(error, name, expected))


def _sentence(error: Exception, name: str, expected: str) -> str:
    if isinstance(error, EmotionError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{name} cannot be analysed: {no_memory_words(expected)}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or name} cannot be written or read: {error.strerror}"
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"{name} cannot be analysed; expected {expected} that can be read; got {brief(said)}"
