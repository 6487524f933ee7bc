"""What the server does around the pages' scripts: all that Streamlit logs goes where our own logs go."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import streamlit as st

from emotion.monitoring.logs import take_over


@contextlib.asynccontextmanager
async def attending(app: st.App) -> AsyncIterator[None]:
    """Take Streamlit's logs over once all of it is loaded, with the errors that no page expected among them."""
    del app
    take_over()
    yield
