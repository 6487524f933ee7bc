"""What the server does around the pages' scripts: where Streamlit's logs go, and what is not looked through again."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import AsyncIterator

import streamlit as st

from emotion.telemetry.logs import take_over


@contextlib.asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Take Streamlit's logs over once all of it is loaded, with the errors that no page expected among them."""
    del app
    take_over()
    yield


def settle_memory() -> None:
    """Have what is loaded by now never looked through for garbage again; called once the first page needs its things.

    Streamlit collects garbage after every run of a page and of a part of one. Looking through all that the libraries
    have loaded holds up every thread for an eighth of a second: with ten visitors who wait for their analyses, a third
    of what the server did.
    """
    gc.collect()
    gc.freeze()
