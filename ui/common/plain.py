"""Escapes text of files and people so that Streamlit shows it as it is: no Markdown, HTML, icon, emoji or link.

Every text that this program did not write goes through :func:`plain` on its way into a Streamlit call, and
``tests/security/test_plain_text.py`` finds calls without it. Text in ``st.html`` goes through :func:`html.escape`.
"""

from __future__ import annotations

import re

from emotion.bad_file import with_name
from emotion.telemetry.one_line import one_line

_MARKDOWN_SIGNS = re.compile(r"[\\`*_{}\[\]()#+\-!|~$<>&]|:(?=\S)")
_LIST_NUMBER = re.compile(r"^(\d+)\.(?=\s|$)")
# Streamlit matches these after it has removed backslashes, so only a character between their parts keeps them text.
_MATCHED_LATER = re.compile(
    r"(?P<before>:|www|@|-|<)(?=(?<=:)//|(?<=:)[\w+-]+:|(?<=:)material/|(?<=www)\.|(?<=@)[-\w]+\.|(?<=-)[->]|(?<=<)-)",
    re.IGNORECASE,
)
_WORD_JOINER = "\u2060"


def plain(text: object) -> str:
    """Return text as one line of Markdown that shows exactly this text.

    Control characters and marks that reverse the direction of reading are left out; line ends become spaces. Addresses
    get an invisible character (U+2060), because a backslash does not keep Streamlit from making them links.

    Args:
        text: A file name, a person's name, an error, a note: anything that this program did not write.
    """
    line = _MATCHED_LATER.sub(rf"\g<before>{_WORD_JOINER}", one_line(str(text)))
    return _LIST_NUMBER.sub(r"\1\\.", _MARKDOWN_SIGNS.sub(r"\\\g<0>", line))


def sentence(error: object) -> str:
    """Return :func:`plain` text of an error, with a capital at its start."""
    text = str(error)
    return plain(text[:1].upper() + text[1:])


def about_file(error: object, name: str) -> str:
    """Return an error about a file as :func:`plain` text, with the file's name in bold.

    Args:
        error: A sentence, with or without the name.
        name: The file's name.
    """
    shown = plain(name)
    return plain(with_name(str(error), name)).replace(shown, f"**{shown}**", 1)


def code(text: object) -> str:
    """Return text as inline code of Markdown, whatever backticks are in it.

    Args:
        text: Such as the name of a model.
    """
    # Streamlit replaces icon names before it parses inline code.
    line = one_line(str(text)).replace(":material/", f":{_WORD_JOINER}material/")
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"
