"""Client of TensorFlow Serving's gRPC API: sends raw pixels, receives probabilities.

Its messages come from the package tensorflow-serving-api, which loads TensorFlow, so this module is imported only if
``EMOTION_SERVING_URL`` begins with ``grpc``.
"""

from __future__ import annotations

import json
from typing import Any

import grpc
import numpy as np
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from emotion.errors import ServingError
from emotion.serving.settings import ATTEMPTS, FIRST_WAIT_S, PROBABILITIES_OUTPUT, RAW_SIGNATURE, no_answer
from emotion.types import FloatArray, Image

_SERVICE = "tensorflow.serving.PredictionService"
_DT_UINT8 = 4
"""Number of the type in TensorFlow's ``types.proto``."""
_LARGEST_MESSAGE_BYTES = 64 * 1024 * 1024
_TRANSIENT = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}


class GrpcTransport:
    """Calls ``PredictionService.Predict``.

    Args:
        address: Host and port.
        model: Name of the model on the server.
        timeout_s: Time limit of a batch including retries, s.
        encrypted: Whether to connect with TLS.
    """

    def __init__(self, address: str, model: str, timeout_s: float, *, encrypted: bool = False) -> None:
        options = [
            ("grpc.service_config", json.dumps(_service_config())),
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE_BYTES),
        ]
        channel = (
            grpc.secure_channel(address, grpc.ssl_channel_credentials(), options)
            if encrypted
            else grpc.insecure_channel(address, options)
        )
        self._predict = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
        self._address, self._model, self._timeout_s = address, model, timeout_s

    def predict(self, faces: Image) -> FloatArray:
        """See :class:`emotion.serving.settings.Transport`."""
        request = predict_pb2.PredictRequest()
        request.model_spec.name = self._model
        request.model_spec.signature_name = RAW_SIGNATURE
        _fill(request.inputs["faces"], faces)
        try:
            answer = self._predict(request, timeout=self._timeout_s, wait_for_ready=False)
        except grpc.RpcError as error:
            raise _error(error, self._address) from error
        return _array(answer.outputs[PROBABILITIES_OUTPUT])


def _service_config() -> dict[str, object]:
    """Return gRPC's settings for retries."""
    policy = {
        "maxAttempts": ATTEMPTS,
        "initialBackoff": f"{FIRST_WAIT_S}s",
        "maxBackoff": f"{FIRST_WAIT_S * 2**ATTEMPTS}s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
    }
    return {"methodConfig": [{"name": [{"service": _SERVICE}], "retryPolicy": policy}]}


def _fill(tensor: Any, values: Image) -> None:
    """Write an array into a ``TensorProto``."""
    tensor.dtype = _DT_UINT8
    tensor.tensor_content = np.ascontiguousarray(values).tobytes()
    for size in values.shape:
        tensor.tensor_shape.dim.add(size=size)


def _array(tensor: Any) -> FloatArray:
    """Read a float tensor, which a server may send packed or as single values."""
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    if tensor.tensor_content:
        return np.frombuffer(tensor.tensor_content, np.float32).reshape(shape)
    return np.array(tensor.float_val, np.float32).reshape(shape)


def _error(error: grpc.RpcError, address: str) -> ServingError:
    code = error.code()
    if code in _TRANSIENT:
        return no_answer(f"grpc://{address}", f"it reports {code.name.lower().replace('_', ' ')}")
    return ServingError(f"expected probabilities from the model server at grpc://{address}; got {error.details()!r}")
