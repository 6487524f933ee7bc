"""What the server does around the pages' scripts: their logs, and the errors that no page expected."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator

import streamlit as st

from emotion.monitoring.logs import take_over

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def attending(app: st.App) -> AsyncIterator[None]:
    """Take Streamlit's logs over once all of it is loaded."""
    del app
    take_over()
    yield


def note_error(error: Exception) -> None:
    """Log and count what no page expected; the visitor sees Streamlit's own words for it."""
    log.error("a page's script ended unexpectedly: %s", error)
