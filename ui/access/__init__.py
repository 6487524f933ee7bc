"""Who may enter: sign-in, and what every page, download and upload asks of it.

Without ``[auth]`` in Streamlit's secrets everybody is the same local visitor. With it, :func:`visitor_or_stop` lets
nobody past who has not signed in and is not on the list, :class:`Guard` does the same for requests that no page
answers, :class:`WayBack` leads on to the page that was asked for, and :attr:`Visitor.owner` says whose library it is.
"""

from ui.access.door import NOT_HERE, admin_or_stop, find_visitor, show_account, visitor_or_stop
from ui.access.guard import NO_FILE, Guard, visitor_of
from ui.access.headers import SecurityHeaders
from ui.access.listening import who_may_enter
from ui.access.origins import OriginGuard
from ui.access.rules import LOCAL_VISITOR, Visitor
from ui.access.upload_guard import UploadGuard
from ui.access.way_back import WayBack

__all__ = [
    "LOCAL_VISITOR",
    "NOT_HERE",
    "NO_FILE",
    "Guard",
    "OriginGuard",
    "SecurityHeaders",
    "UploadGuard",
    "Visitor",
    "WayBack",
    "admin_or_stop",
    "find_visitor",
    "show_account",
    "visitor_of",
    "visitor_or_stop",
    "who_may_enter",
]
