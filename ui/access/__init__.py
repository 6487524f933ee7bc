"""Sign-in and access control for pages, downloads and uploads.

Without ``[auth]`` in Streamlit's secrets everyone is the same local visitor. With it, :func:`visitor_or_stop` stops
pages for anyone who is not signed in or not allowed, :class:`Guard` checks the requests that no page answers,
:class:`LoginRedirect` returns to the requested page after sign-in, and :attr:`Visitor.owner` names the owner of a
library.
"""

from ui.access.exposure import access_summary
from ui.access.guard import NO_FILE, Guard, visitor_of
from ui.access.headers import SecurityHeaders
from ui.access.login_redirect import LoginRedirect
from ui.access.message_guard import MessageGuard
from ui.access.origins import OriginGuard
from ui.access.rules import LOCAL_VISITOR, Visitor
from ui.access.sign_in import NOT_HERE, admin_or_stop, find_visitor, show_account, visitor_or_stop
from ui.access.upload_guard import UploadGuard

__all__ = [
    "LOCAL_VISITOR",
    "NOT_HERE",
    "NO_FILE",
    "Guard",
    "LoginRedirect",
    "MessageGuard",
    "OriginGuard",
    "SecurityHeaders",
    "UploadGuard",
    "Visitor",
    "access_summary",
    "admin_or_stop",
    "find_visitor",
    "show_account",
    "visitor_of",
    "visitor_or_stop",
]
