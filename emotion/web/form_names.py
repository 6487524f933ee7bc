"""File names in forms that browsers and programs send."""

from __future__ import annotations


def form_name(sent: str) -> str:
    """Return a file's own name: senders write a quotation mark in it as ``%22``, and other percent signs as they are.

    See the WHATWG's HTML standard, "multipart/form-data encoding algorithm".
    """
    return sent.replace("%22", '"')
