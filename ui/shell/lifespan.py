"""Start and end of the app's server."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import streamlit as st

from emotion.telemetry.logs import redirect_loggers
from ui.common.visit_cleanup import visit_cleanup


@contextlib.asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Route Streamlit's logs, uncaught page errors included, to the app's log and end visits whose browser has gone."""
    del app
    redirect_loggers()
    async with visit_cleanup.watching():
        yield
