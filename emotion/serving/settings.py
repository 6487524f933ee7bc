"""Settings of the model server: address, timeout and retries, and the error when it does not answer."""

from __future__ import annotations

import os
from typing import Protocol

from emotion.errors import InputError, ServingError
from emotion.types import FloatArray, Image

URL_SETTING = "EMOTION_SERVING_URL"
TIMEOUT_SETTING = "EMOTION_SERVING_TIMEOUT_S"
TIMEOUT_S = 10.0
"""For one batch, unless ``EMOTION_SERVING_TIMEOUT_S`` says otherwise."""

RAW_SIGNATURE, PNG_SIGNATURE = "raw", "png"
PROBABILITIES_OUTPUT = "probabilities"
ATTEMPTS = 4
"""Number of attempts per request."""
FIRST_WAIT_S = 0.2
"""Wait before the second attempt, s; each further wait is twice as long."""


class Transport(Protocol):
    """Sends one batch and returns the answers."""

    def predict(self, faces: Image) -> FloatArray:
        """Return ``(n, k)`` float32 probabilities for ``(n, s, s, c)`` uint8 crops.

        Raises:
            ServingError: The server did not answer, or with something else.
        """
        ...


def serving_url() -> str | None:
    """Return the address of the model server; None if networks run in this process."""
    return os.environ.get(URL_SETTING) or None


def timeout_s() -> float:
    """Return the time limit for one batch, s.

    Raises:
        InputError: The setting is not a number above 0.
    """
    text = os.environ.get(TIMEOUT_SETTING) or str(TIMEOUT_S)
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if value <= 0:
        raise InputError(f"expected a number of seconds above 0 in {TIMEOUT_SETTING}; got {text!r}")
    return value


def no_answer(url: str, reason: str) -> ServingError:
    """Return an error that says what happened and what to do."""
    return ServingError(
        f"expected an answer of the model server at {url}; {reason}. Start it and go on, or unset {URL_SETTING} to "
        "let the network run in this program"
    )
