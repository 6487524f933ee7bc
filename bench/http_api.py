"""``python -m bench.http_api``: pictures per second through the HTTP API and through the engine alone.

A new server answers four clients of another process, so that a request always waits; the engine alone decodes in the
same sandbox. Both analyse two pictures at once on two cores. They are measured in turn, because other programs on the
machine change its speed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import uvicorn

from bench.common.process import free_port
from bench.common.records import HTTP_API, facts, write_section
from bench.report import write_readme
from emotion.engine.analyzer import Analyzer
from emotion.http_api.serve import ServeOptions, create_server
from emotion.library import Library
from emotion.report.stills import encode_png
from emotion.samples import sample_image
from emotion.vision.uploaded import load_uploaded

THREADS, CLIENTS, PICTURES, ROUNDS = 2, 4, 24, 9

_CLIENT = """
import sys, time, urllib.request
from concurrent.futures import ThreadPoolExecutor
address, clients, pictures = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
content = sys.stdin.buffer.read()
def send(_):
    request = urllib.request.Request(address, content, {"Content-Type": "image/png"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        answer.read()
began_s = time.perf_counter()
with ThreadPoolExecutor(clients) as pool:
    list(pool.map(send, range(pictures)))
print(pictures / (time.perf_counter() - began_s))
"""


def measure_api() -> dict[str, dict[str, float]]:
    """Return pictures per second of both, and the median ratio of the rounds."""
    content, analyzer = encode_png(sample_image()), Analyzer()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update({"EMOTION_LIBRARY": folder, "EMOTION_FREE_MB": "none"})
        port = free_port()
        config = uvicorn.Config(create_server(Library.open(), ServeOptions()), port=port, log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.1)

        address = f"http://127.0.0.1:{port}/api/v1/images"
        rounds = [(_by_engine(analyzer, content), _by_api(address, content)) for _ in range(ROUNDS + 1)][1:]
        server.should_exit = True
        thread.join()
    engine, api = np.median(np.array(rounds), axis=0)
    ratio = float(np.median([through / alone for alone, through in rounds]))
    figures = {"engine_per_s": round(float(engine), 2), "api_per_s": round(float(api), 2), "ratio": round(ratio, 3)}
    return {"pictures": figures | {"load": round(os.getloadavg()[0], 1)}}


def _by_engine(analyzer: Analyzer, content: bytes) -> float:
    began_s = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: analyzer.image(load_uploaded(content)), range(PICTURES)))
    return PICTURES / (time.perf_counter() - began_s)


def _by_api(address: str, content: bytes) -> float:
    command = [sys.executable, "-c", _CLIENT, address, str(CLIENTS), str(PICTURES)]
    return float(subprocess.run(command, input=content, capture_output=True, check=True).stdout)


if __name__ == "__main__":
    found = measure_api()
    write_section(HTTP_API, facts(), found)
    write_readme()
    print(json.dumps(found, indent=1))
