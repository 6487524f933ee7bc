"""Errors that no page expects, such as a database that goes away: told in their one sentence, and logged."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import streamlit as st

from emotion.errors import EmotionError
from ui.widgets import plain

log = logging.getLogger(__name__)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Show an error of ours that ends the block, where the block would have gone on; the page stays usable.

    Errors that are not ours are bugs: Streamlit shows and logs them.
    """
    try:
        yield
    except EmotionError as error:
        log.exception("a page ended early")
        words = str(error)
        st.error(plain(words[:1].upper() + words[1:]), icon=":material/error:")
        st.caption("Nothing that was kept is lost. Reload the page to try again.")
