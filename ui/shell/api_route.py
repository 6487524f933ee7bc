"""The HTTP API inside the app's server: the same library, access rules and base path."""

from __future__ import annotations

from starlette.routing import Mount
from streamlit import config
from streamlit.url_util import make_url_path

from emotion.errors import SettingsError
from emotion.http_api import ADDRESS, ApiContext, create_api
from emotion.library import LOCAL
from emotion.library.owners.tokens import Token
from ui.access import settings
from ui.access.exposure import is_local_only
from ui.access.library import shared_library


def api_route() -> Mount:
    """Return the route to add to the server."""
    return Mount(api_path(), create_api(ApiContext(shared_library, needs_token, may_enter)))


def api_path() -> str:
    """Return the path of the API on this server."""
    return make_url_path(config.get_option("server.baseUrlPath") or "", ADDRESS)


def needs_token() -> bool:
    """Return whether requests need a token: where people sign in, or other machines can reach the server."""
    try:
        return settings.is_required() or not is_local_only()
    except SettingsError:
        return True


def may_enter(token: Token) -> bool:
    """Return whether the maker of a token still has access."""
    try:
        if not settings.is_required():
            return token.owner == LOCAL
        settings.providers()
        return token.owner != LOCAL and settings.rules().admits_address(token.address)
    except SettingsError:
        return False
