"""The command ``library``: backs up, checks and restores the library."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from emotion.cli.common.output import progress_bar
from emotion.errors import count_text
from emotion.library import Library
from emotion.library.backup.snapshot import Contents, back_up, check, restore


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", required=True)
    backup = actions.add_parser("backup", help="back up the library; the app may be running")
    backup.add_argument("path", type=Path, metavar="FILE.tar|DIR", help="a new file or folder")
    look = actions.add_parser("check", help="verify every file of a backup")
    back = actions.add_parser("restore", help="restore a library; stop the app first")
    back.add_argument("--replace", action="store_true", help="replace a library that is not empty")
    for each in (look, back):
        each.add_argument("path", type=Path, metavar="FILE.tar|DIR", help="a backup")


def run(options: argparse.Namespace) -> int:
    """Run the command, print what the backup contains, and return the exit status.

    Raises:
        EmotionError: The backup or the library cannot be used.
    """
    if options.action == "check":
        contents = check(options.path)
    elif options.action == "backup":
        with closing(Library.open()) as library:
            contents = _back_up(library, options)
    else:
        contents = _restore(options)
    done = {"backup": "backed up to", "check": "whole in", "restore": "restored from"}[options.action]
    print(f"{_contents_text(contents)} {done} {options.path}")
    return 0


def _back_up(library: Library, options: argparse.Namespace) -> Contents:
    with progress_bar("backup", "analyses") as show:
        return back_up(library, options.path, show)


def _restore(options: argparse.Namespace) -> Contents:
    check(options.path)  # Checked before a library is created.
    with closing(Library.open_unchecked()) as library, progress_bar("restore", "files") as show:
        return restore(library, options.path, replace=options.replace, on_step=show)


def _contents_text(contents: Contents) -> str:
    analyses = count_text(contents.analyses, "analysis", "analyses")
    return f"{analyses}, {count_text(contents.files, 'file')}, {contents.bytes / 1e6:,.1f} MB"
