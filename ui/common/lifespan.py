"""Server start-up: log handling and garbage-collector tuning."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import AsyncIterator

import streamlit as st

from emotion.telemetry.logs import redirect_loggers
from ui.common.departures import departures


@contextlib.asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Route Streamlit's logs, uncaught page errors included, to the app's log and end visits whose browser has gone."""
    del app
    redirect_loggers()
    async with departures.watching():
        yield


def settle_memory() -> None:
    """Exclude everything loaded so far from garbage collection; called when shared resources are first loaded.

    Streamlit collects garbage after every script and fragment run. Scanning all loaded libraries pauses every thread
    for about 125 ms: with ten visitors waiting for analyses, a third of the server's time.
    """
    gc.collect()
    gc.freeze()
