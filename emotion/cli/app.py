"""``emotion app``: starts the Streamlit app with its own server."""

from __future__ import annotations

import argparse
import importlib.util
import os
import socket
import subprocess
import sys

from emotion.cli.common.arguments import argument
from emotion.errors import InputError
from emotion.paths import app_dir
from emotion.version import DISTRIBUTION
from emotion.web.addresses import parse_port


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--port", type=argument(parse_port), metavar="N", help="port (default: 8501)")
    parser.add_argument(
        "--address", metavar="HOST", help="listen on this address, 0.0.0.0 for all (default: this machine only)"
    )
    parser.add_argument("--headless", action="store_true", help="do not open a browser")


def run(options: argparse.Namespace) -> int:
    """Serve the app until it is stopped, and return its exit status.

    Raises:
        InputError: The packages of the app are not installed, or the address is not this machine's.
    """
    if importlib.util.find_spec("streamlit") is None:
        raise InputError(f"expected the packages of the app; install them with: pip install '{DISTRIBUTION}[app]'")
    command = [sys.executable, "-m", "streamlit", "run", "server.py"]
    if options.port is not None:
        command.append(f"--server.port={options.port}")
    if options.address is not None:
        _expect_own(options.address)
        command.append(f"--server.address={options.address}")
    if options.headless:
        command.append("--server.headless=true")
    # The app's folder is the working directory for .streamlit/config.toml, and on the path of child processes for `ui`.
    paths = [str(app_dir()), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    os.chdir(app_dir())
    if os.name == "posix":
        # Signals then reach the server itself.
        os.execve(sys.executable, command, environment)
    return subprocess.run(command, env=environment, check=False).returncode


def _expect_own(address: str) -> None:
    """Raise InputError for an address on which this machine cannot listen; the server would end with a traceback."""
    try:
        family, _, _, _, place = socket.getaddrinfo(address, 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind(place)
    except (OSError, UnicodeError) as error:
        raise InputError(f"expected an address of this machine; got {address}") from error
