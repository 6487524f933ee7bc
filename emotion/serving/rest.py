"""Client of TensorFlow Serving's REST API: sends faces as base64 PNG, receives probabilities as JSON."""

from __future__ import annotations

import base64
import json
from typing import Any

import cv2
import numpy as np
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from emotion.errors import ServingError
from emotion.serving.settings import ATTEMPTS, FIRST_WAIT_S, PNG_SIGNATURE, PROBABILITIES_OUTPUT, no_answer
from emotion.types import FloatArray, Image

_BUSY = (429, 502, 503, 504)
"""HTTP statuses of a server, or of a proxy in front of it, that are worth a retry."""
_LONGEST_EXCERPT = 200


class RestTransport:
    """Calls ``POST /v1/models/NAME:predict``.

    Args:
        url: URL of the server, without a path.
        model: Name of the model on the server.
        timeout_s: Time limit of one attempt, s.
    """

    def __init__(self, url: str, model: str, timeout_s: float) -> None:
        self._address = f"{url}/v1/models/{model}:predict"
        self._server = url
        self._timeout_s = timeout_s
        # A prediction changes nothing, so it may be sent again although it is a POST.
        retry = Retry(
            total=ATTEMPTS - 1,
            backoff_factor=FIRST_WAIT_S,
            status_forcelist=_BUSY,
            allowed_methods=None,
            raise_on_status=False,
        )
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def predict(self, faces: Image) -> FloatArray:
        """See :class:`emotion.serving.settings.Transport`."""
        body = {"signature_name": PNG_SIGNATURE, "instances": [{"png": {"b64": _png(face)}} for face in faces]}
        try:
            answer = self._session.post(self._address, data=json.dumps(body), timeout=self._timeout_s)
        except requests.RequestException as error:
            raise no_answer(self._server, f"{type(error).__name__} after {ATTEMPTS} attempts") from error
        if answer.status_code in _BUSY:
            raise no_answer(self._server, f"it answered HTTP {answer.status_code} after {ATTEMPTS} attempts")
        return _probabilities(answer, self._address)


def _png(face: Image) -> str:
    """Return a crop, ``(s, s, 1)`` or ``(s, s, 3)`` RGB, as a PNG file in base64."""
    bgr = face if face.shape[2] == 1 else cv2.cvtColor(face, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".png", bgr)
    return base64.b64encode(data.tobytes()).decode("ascii")


def _probabilities(answer: requests.Response, address: str) -> FloatArray:
    """Read ``{"predictions": [[…], …]}``; a model with several outputs returns an object per face.

    Raises:
        ServingError: The answer has another form.
    """
    try:
        record: Any = answer.json()
        rows = record["predictions"]
        values = [row[PROBABILITIES_OUTPUT] if isinstance(row, dict) else row for row in rows]
        return np.array(values, np.float32)
    except (ValueError, KeyError, TypeError) as error:
        excerpt = answer.text[:_LONGEST_EXCERPT].replace("\n", " ")
        raise ServingError(
            f"expected predictions from {address}; got HTTP {answer.status_code}: {excerpt!r}"
        ) from error
