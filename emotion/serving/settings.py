"""Settings of the model server: address, timeout and retries, and the error when it does not answer."""

from __future__ import annotations

from typing import Protocol

from emotion.errors import ServingError
from emotion.types import FloatArray, Image

URL_SETTING = "EMOTION_SERVING_URL"
TIMEOUT_S = 10.0
"""Default time limit of one batch, in seconds."""

RAW_SIGNATURE, PNG_SIGNATURE = "raw", "png"
PROBABILITIES_OUTPUT = "probabilities"
ATTEMPTS = 4
"""Number of attempts per request."""
FIRST_WAIT_S = 0.2
"""Wait before the second attempt, s; each later wait is twice as long."""


class Transport(Protocol):
    """Sends one batch and returns the answers."""

    def predict(self, faces: Image) -> FloatArray:
        """Return ``(n, k)`` float32 probabilities for ``(n, s, s, c)`` uint8 crops.

        Raises:
            ServingError: The server did not answer, or its answer is invalid.
        """
        ...


def no_answer(url: str, reason: str) -> ServingError:
    """Return an error that says what happened and what to do."""
    return ServingError(
        f"expected an answer from the model server at {url}; {reason}. Start it, or unset {URL_SETTING} to run the "
        f"model in this process"
    )
