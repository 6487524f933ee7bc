"""The command line: ``emotion app | serve | image | video | batch | live | export | compare | study | …``.

Results go to stdout, progress and errors to stderr, so output can be piped.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Container, Sequence
from typing import NoReturn

from emotion.cli.common.status import FAILED, INTERRUPTED, PIPE_CLOSED, fail
from emotion.errors import Cancelled, EmotionError
from emotion.version import program_version

COMMANDS = {
    "app": "open the app in a browser",
    "serve": "serve the HTTP API without the app, and manage its tokens",
    "image": "detect the faces in pictures and classify their expressions",
    "video": "analyse videos frame by frame",
    "batch": "analyse many videos on all cores, or on many machines with Ray",
    "live": "analyse a camera without a browser, and send the values to other programs",
    "export": "export a saved timeline as a report, captions, video, workbook, …",
    "compare": "say whether two people's expressions move together",
    "card": "write a model's card: data, scores, known weaknesses, when not to use it",
    "fairness": "compare a model's accuracy between groups of people, on your labelled pictures",
    "library": "back up, check or restore the app's library",
    "study": "compare people over stimuli: means, tables and files for other programs",
    "models": "list the installed models, add one of your own or remove it",
    "doctor": "check what is installed and what is missing, and list the limits",
}
"""Help text of each command, whose module ``emotion.cli.<command>`` has the functions ``add_options`` and ``run``."""


class _Parser(argparse.ArgumentParser):
    """Reports a wrong argument in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(FAILED, f"{self.prog}: {message} (see --help)\n")


def build_parser(complete: Container[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of every command.

    Args:
        complete: Commands that get their options, for which their modules are imported. The others are listed, but
            cannot be parsed.
    """
    parser = _Parser(
        prog="emotion",
        description="Facial-expression analytics for pictures, videos and cameras.",
        epilog="Limits of sizes, lengths, storage and memory are environment variables; “emotion doctor” lists them.",
    )
    parser.add_argument("--version", action="version", version=program_version())
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    for name, about in COMMANDS.items():
        command = commands.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
        if name in complete:
            module = importlib.import_module(f"emotion.cli.{name}")
            module.add_options(command)
            command.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Returns:
        0; 2 after one line on stderr; 130 after one line, if Ctrl-C stopped the command; or 141 if the reader of its
        output ended first. ``batch`` and ``app`` have others.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Terminals and pipes whose encoding lacks a character get its number, as on stderr.
        sys.stdout.reconfigure(errors="backslashreplace")
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        # Importing all commands would take longer than what most of them do.
        options = build_parser(complete=given).parse_args(given)
        from emotion.cli.common.absolute_paths import make_settings_absolute  # noqa: PLC0415 – --help needs no settings

        make_settings_absolute()
        status = int(options.run(options))
        if sys.stdout is not None:
            sys.stdout.flush()  # at exit, Python would print a traceback
        return status
    except (KeyboardInterrupt, Cancelled) as stop:
        return fail(str(stop) or "interrupted", INTERRUPTED)
    except EmotionError as error:
        return fail(str(error))
    except BrokenPipeError:
        # The reader, such as ``head``, closed the pipe. What is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        return fail(f"{error.filename or 'a file'} cannot be written or read: {error.strerror}")
