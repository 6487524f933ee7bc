"""A classifier whose network runs in TensorFlow Serving, on this machine or another.

Only face crops are sent, never whole pictures, and only to the address in ``EMOTION_SERVING_URL``:
``http://host:8501`` (or ``https``) for REST, ``grpc://host:8500`` for gRPC.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import numpy as np

from emotion.errors import InputError, ServingError
from emotion.models.registry import load_card
from emotion.serving.settings import TIMEOUT_S, URL_SETTING, Transport
from emotion.settings import read_settings
from emotion.types import Classifier, FloatArray, Image, ModelCard
from emotion.vision.classify import load_classifier, log_probabilities, scaled_softmax, with_tta
from emotion.vision.normalise import GREY, fit

BATCH = 64
"""Number of faces per request."""


class ServedClassifier:
    """A classifier that asks a model server; safe to share between threads.

    Args:
        card: Card of the model; the server must serve the same model under this name.
        url: URL of the server.
        timeout_s: Time limit for one batch of at most 64 faces, s.

    Raises:
        InputError: The URL has an unsupported scheme.
    """

    def __init__(self, card: ModelCard, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self.card = card
        self._transport = _transport(url, card.name, timeout_s)

    @property
    def labels(self) -> tuple[str, ...]:
        """Meaning of each probability column."""
        return self.card.labels

    def predict(self, crops: list[Image]) -> FloatArray:
        """Return the same as :meth:`emotion.vision.classify.LiteRTClassifier.predict`, except for quantisation.

        Raises:
            ServingError: The server did not answer in time, even after retries, or serves another model.
        """
        answers = [self._predict_batch(crops[start : start + BATCH]) for start in range(0, len(crops), BATCH)]
        return np.concatenate(answers) if answers else np.zeros((0, len(self.labels)), np.float32)

    def _predict_batch(self, crops: list[Image]) -> FloatArray:
        faces = np.stack([fit(crop, self.card.input_size, self.card.colour) for crop in crops])
        faces = faces[..., None] if self.card.colour == GREY else faces
        below, temperature = self.card.second_look_below, self.card.temperature
        if not below:
            return self._ask(faces)
        # The server returns probabilities; these are its logits up to a constant per face.
        logits = with_tta(lambda some: temperature * log_probabilities(self._ask(some)), faces, below)
        return scaled_softmax(logits, temperature)

    def _ask(self, faces: Image) -> FloatArray:
        answers = self._transport.predict(faces)
        expected = (len(faces), len(self.labels))
        if answers.shape != expected:
            raise ServingError(
                f"expected {expected[1]} probabilities for each of {expected[0]} faces from the model server, as the "
                f"card of {self.card.name} says; got an array of shape {answers.shape}"
            )
        return answers


def open_classifier(name: str) -> Classifier:
    """Return a classifier that runs in the model server, if one is set, or else in this process.

    Args:
        name: One of :func:`emotion.list_models`, or ``"default"``. Ensembles always run in this process.

    Raises:
        ModelError: There is no such model, or its file contradicts its card.
        SettingsError: A setting has an invalid value.
        InputError: The server's URL is invalid.
    """
    settings, card = read_settings(), load_card(name)
    if settings.serving_url is None or card.members:
        return load_classifier(name)
    return ServedClassifier(card, settings.serving_url, settings.serving_timeout_s)


def _transport(url: str, model: str, limit_s: float) -> Transport:
    parts = urlsplit(url)
    if parts.scheme in {"http", "https"} and parts.hostname:
        from emotion.serving.rest import RestTransport  # noqa: PLC0415 – loads an HTTP client, which few need

        return RestTransport(url.rstrip("/"), model, limit_s)
    if parts.scheme in {"grpc", "grpcs"} and parts.hostname:
        from emotion.serving.rpc import GrpcTransport  # noqa: PLC0415 – loads TensorFlow, which REST does without

        return GrpcTransport(parts.netloc, model, limit_s, encrypted=parts.scheme == "grpcs")
    raise InputError(f"expected http://, https://, grpc:// or grpcs:// with a host in {URL_SETTING}; got {url!r}")
