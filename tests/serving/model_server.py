"""A small model server for the tests: loads SavedModels with TensorFlow and speaks TensorFlow Serving's published API.

``python -m tests.serving.model_server FOLDER REST_PORT GRPC_PORT`` serves the highest version of every model in a child
process for each line on its standard input, one at a time, and prints the child's ID. A killed server is soon replaced,
because only the parent has to import TensorFlow.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

_ADDRESS = re.compile(r"/v1/models/([^/:]+)(:predict)?")


class Models:
    """The served models by name."""

    def __init__(self, folder: Path) -> None:
        self._models = {path.name: tf.saved_model.load(str(_highest(path))) for path in folder.iterdir()}

    def predict(self, name: str, signature: str, inputs: dict[str, Any]) -> dict[str, np.ndarray]:
        """Run a signature.

        Raises:
            KeyError: There is no such model or signature.
        """
        answers = self._models[name].signatures[signature or "serving_default"](**inputs)
        return {key: value.numpy() for key, value in answers.items()}


def _highest(folder: Path) -> Path:
    return max((path for path in folder.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))


def _decoded(value: Any) -> Any:
    """Replace ``{"b64": …}`` by the bytes it stands for."""
    if isinstance(value, dict):
        return base64.b64decode(value["b64"])
    return [_decoded(item) for item in value] if isinstance(value, list) else value


def handler_for(models: Models) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            match = _ADDRESS.fullmatch(self.path)
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if match is None or not match[2]:
                self._respond(404, {"error": "Not found"})
                return
            rows = body["instances"]
            inputs = {key: tf.constant([_decoded(row[key]) for row in rows]) for key in rows[0]}
            try:
                answers = models.predict(match[1], body.get("signature_name", ""), inputs)
            except KeyError:
                self._respond(404, {"error": f"Servable not found for request: Latest({match[1]})"})
                return
            (only,) = answers.values()
            self._respond(200, {"predictions": only.tolist()})

        def _respond(self, status: int, record: dict[str, Any]) -> None:
            data = json.dumps(record).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, models: Models) -> None:
        self._models = models

    def Predict(self, request: Any, context: Any) -> Any:  # noqa: N802 – the API's name
        inputs = {key: tf.constant(tf.make_ndarray(value)) for key, value in request.inputs.items()}
        try:
            answers = self._models.predict(request.model_spec.name, request.model_spec.signature_name, inputs)
        except KeyError:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {request.model_spec.name}")
        response = predict_pb2.PredictResponse()
        for key, value in answers.items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return response


def serve(folder: str, rest_port: str, grpc_port: str) -> None:
    models = Models(Path(folder))
    rpc = grpc.server(ThreadPoolExecutor(4))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(models), rpc)
    rpc.add_insecure_port(f"127.0.0.1:{grpc_port}")
    rpc.start()
    ThreadingHTTPServer(("127.0.0.1", int(rest_port)), handler_for(models)).serve_forever()


def main(folder: str, rest_port: str, grpc_port: str) -> None:
    for _ in sys.stdin:
        # A fork is safe before TensorFlow and gRPC have threads, which they start in the child.
        child = os.fork()
        if not child:
            serve(folder, rest_port, grpc_port)
        print(child, flush=True)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
