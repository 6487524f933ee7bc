"""Shows why an action failed, and shows and logs errors that no page handles, such as a lost database."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator
from typing import ParamSpec

import streamlit as st

from emotion.errors import EmotionError
from ui.common.plain import plain, sentence

P = ParamSpec("P")

log = logging.getLogger(__name__)


@contextlib.contextmanager
def error_boundary() -> Iterator[None]:
    """Show an :class:`EmotionError` in place of the rest of the block; the page stays usable.

    Other exceptions are bugs: Streamlit shows and logs them.
    """
    try:
        yield
    except EmotionError as error:
        log.exception("a page ended early")
        st.error(sentence(error), icon=":material/error:")
        st.caption("Saved analyses are safe. Reload the page to try again.")


def fragment(run_every: float | None = None) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Return ``st.fragment`` with its own error boundary.

    Streamlit reruns a fragment without the page around it, outside of the page's :func:`error_boundary`.

    Args:
        run_every: Seconds between automatic reruns; None for none.
    """

    def decorate(function: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
            with error_boundary():
                function(*args, **kwargs)

        return st.fragment(guarded, run_every=run_every)

    return decorate


def run_action(key: str, action: Callable[[], object]) -> None:
    """Run a button's action in its callback; keep the reason if it fails, because callbacks cannot draw.

    Args:
        key: Session key of the reason, for :func:`show_failure`. An action that succeeds removes it.
        action: What to run.
    """
    try:
        action()
    except EmotionError as error:
        st.session_state[key] = str(error)
    else:
        dismiss(key)


def show_failure(key: str) -> None:
    """Show why the last action failed until the visitor dismisses it, because pages also run by themselves."""
    if not (reason := st.session_state.get(key)):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.error(plain(reason), icon=":material/error:", width="stretch")
        st.button("Dismiss", icon=":material/close:", key=f"{key}_dismiss", on_click=dismiss, args=(key,))


def dismiss(key: str) -> None:
    """Forget why an action failed."""
    st.session_state.pop(key, None)
