"""``emotion serve``: the HTTP API alone, and its tokens."""

from __future__ import annotations

import argparse
import importlib.util

from emotion.cli.common.arguments import argument
from emotion.errors import InputError
from emotion.library import LOCAL, Library
from emotion.library.owners.tokens import DEFAULT_DAYS, create_token, list_tokens, revoke_token
from emotion.version import DISTRIBUTION
from emotion.web.addresses import parse_port

_PACKAGES = ("fastapi", "uvicorn", "python_multipart")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--port", type=argument(parse_port), default=8502, metavar="N", help="port (default: %(default)s)"
    )
    parser.add_argument(
        "--address", default="127.0.0.1", metavar="HOST",
        help="listen on this address, 0.0.0.0 for all; other machines need a token (default: this machine only)",
    )  # fmt: skip
    parser.add_argument("--require-token", action="store_true", help="require a token on this machine, too")
    tokens = parser.add_mutually_exclusive_group()
    tokens.add_argument("--new-token", metavar="NAME", help="create and print a token for the local library, then exit")
    tokens.add_argument("--list-tokens", action="store_true", help="list the tokens of the local library, then exit")
    tokens.add_argument("--revoke-token", metavar="ID", help="delete a token, then exit")
    parser.add_argument(
        "--days",
        type=int,
        metavar="N",
        help=f"days until the new token expires (default: {DEFAULT_DAYS})",
    )


def run(options: argparse.Namespace) -> int:
    """Serve the API until it is stopped, or manage tokens, and return the exit status.

    Raises:
        InputError: The packages of the API are not installed, or --days lacks --new-token.
        EmotionError: The library or the address cannot be used.
    """
    if options.days is not None and options.new_token is None:
        raise InputError(f"expected --days with --new-token; got --days {options.days} alone")
    if options.new_token is not None or options.list_tokens or options.revoke_token is not None:
        return _change_tokens(options)
    if missing := [name for name in _PACKAGES if importlib.util.find_spec(name) is None]:
        raise InputError(f"expected the package {missing[0]}; install it with: pip install '{DISTRIBUTION}[api]'")
    from emotion.http_api.serve import ServeOptions, serve  # noqa: PLC0415 – an extra
    from emotion.telemetry.logs import set_up_logs  # noqa: PLC0415 – other commands keep their own

    set_up_logs()
    return serve(ServeOptions(options.address, options.port, options.require_token))


def _change_tokens(options: argparse.Namespace) -> int:
    library = Library.open()
    try:
        repository = library.for_owner(LOCAL)
        if options.new_token is not None:
            days = DEFAULT_DAYS if options.days is None else options.days
            print(create_token(repository, options.new_token, days=days)[1])
        elif options.revoke_token is not None:
            revoke_token(repository, options.revoke_token)
        else:
            for token in list_tokens(repository):
                print(f"{token.id}  {token.name}  expires {token.expires_at:%Y-%m-%d}")
    finally:
        library.close()
    return 0
