"""Errors that no page expects, such as a database that goes away: told in their one sentence, and logged."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator
from typing import ParamSpec

import streamlit as st

from emotion.errors import EmotionError
from ui.common.widgets import plain

P = ParamSpec("P")

log = logging.getLogger(__name__)


@contextlib.contextmanager
def error_boundary() -> Iterator[None]:
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


def fragment(run_every: float | None = None) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Return Streamlit's decorator for a fragment, for one whose errors are told in its own place.

    Streamlit runs a fragment without the page around it, so the page's own :func:`error_boundary` does not see them.

    Args:
        run_every: Seconds between two runs by itself; None for never.
    """

    def decorate(function: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(function)
        def telling(*args: P.args, **kwargs: P.kwargs) -> None:
            with error_boundary():
                function(*args, **kwargs)

        return st.fragment(telling, run_every=run_every)

    return decorate
