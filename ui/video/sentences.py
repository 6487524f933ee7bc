"""The plain summary above an analysis."""

from __future__ import annotations

import streamlit as st

from emotion.report.sentences import describe
from emotion.types import Analysis
from ui.common.plain import plain
from ui.video.analysis_context import AnalysisContext
from ui.video.tabs.people import fingerprint

_CACHED = "video_sentences"


def show_sentences(context: AnalysisContext, edited: Analysis) -> None:
    """Show a sentence per person; they are found once per change of the edits."""
    key = (context.entry.id, context.entry.finished_at, fingerprint(context.edits.to_dict()))
    if st.session_state.get(_CACHED, (None,))[0] != key:
        st.session_state[_CACHED] = (key, describe(edited, context.edits.names))
    for sentence in st.session_state[_CACHED][1]:
        st.markdown(plain(sentence))
