"""Videos that are uploaded but not yet analysed, and what is asked for: for all of them, or for each."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from emotion.bad_file import sentence_for
from emotion.library import JobSettings, Repository
from emotion.models.registry import list_models, resolve
from ui.common.widgets import plain
from ui.video import session
from ui.video.footage import Footage

log = logging.getLogger(__name__)

RATES: dict[str, dict[str, Any]] = {
    "Every frame": {},
    "Every 2nd frame": {"every": 2},
    "Every 5th frame": {"every": 5},
    "10 frames per second": {"fps": 10.0},
    "5 frames per second": {"fps": 5.0},
    "1 frame per second": {"fps": 1.0},
}
"""Which frames, in words → what :class:`emotion.library.JobSettings` calls it."""

KEEP = "Keep the video in the library"


def show_drafts(library: Repository, *, ready: bool = True) -> None:
    """Let the visitor say how the uploaded videos are to be analysed, and begin.

    Args:
        library: Where to.
        ready: Whether it may begin.
    """
    drafts = session.drafts()
    with st.container(border=True):
        st.markdown("**" + (plain(drafts[0].name) if len(drafts) == 1 else f"{len(drafts)} videos") + "**")
        table = _ask_each(drafts, _ask_all())
        with st.container(horizontal=True):
            label = "Analyse" if len(drafts) == 1 else f"Analyse {len(drafts)} videos"
            hint = None if ready else "Answer first what is asked above"
            if st.button(label, type="primary", icon=":material/play_arrow:", disabled=not ready, help=hint):
                _begin(library, drafts, table)
            st.button("Discard", icon=":material/delete:", on_click=session.discard_drafts)


def _ask_all() -> dict[str, Any]:
    """Return what holds for every video that is not changed by itself."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rate = st.selectbox("Frames", list(RATES), key="draft_rate", width=220)
        models = list_models()
        model = st.selectbox("Model", models, models.index(resolve("default")), key="draft_model", width=220)
        keep = st.checkbox(
            KEEP, key="draft_keep",
            help="Otherwise it is deleted when you leave; the timeline stays. It is needed to look at the "
            "video again on another day, and to export it with boxes.",
        )  # fmt: skip
    return {"rate": rate, "model": model, "keep": keep}


def _ask_each(drafts: Sequence[Footage], common: dict[str, Any]) -> pd.DataFrame:
    """Return a row per video: its name, the part to analyse, frames, model, and whether it is kept."""
    rows = [{"name": draft.stem, "start_s": 0.0, "end_s": None, **common, "tags": []} for draft in drafts]
    table = pd.DataFrame(rows).astype({"end_s": "float64"})
    with st.expander("Part, title and tags" if len(drafts) == 1 else "For each video by itself"):
        return st.data_editor(
            table, hide_index=True, num_rows="fixed", column_config=_columns(),
            # What is said for all is the start of what is said for each, so changing it starts anew.
            key=f"drafts_{len(drafts)}_{common}",
        )  # fmt: skip


def _columns() -> dict[str, Any]:
    seconds = st.column_config.NumberColumn
    return {
        "name": st.column_config.TextColumn("Title", max_chars=200, required=True),
        "start_s": seconds("From, s", min_value=0.0, format="%.1f", required=True),
        "end_s": seconds("To, s", min_value=0.0, format="%.1f", help="Empty: to the end"),
        "rate": st.column_config.SelectboxColumn("Frames", options=list(RATES), required=True),
        "model": st.column_config.SelectboxColumn("Model", options=list_models(), required=True),
        "keep": st.column_config.CheckboxColumn("Keep video"),
        "tags": st.column_config.ListColumn("Tags"),
    }


def _begin(library: Repository, drafts: Sequence[Footage], table: pd.DataFrame) -> None:
    """Put every video into the queue; one that cannot be read is named and left out."""
    bar = st.progress(0.0, "Taking in …")
    for place, (draft, row) in enumerate(zip(list(drafts), table.to_dict("records"), strict=True)):
        bar.progress(place / len(table), f"Taking in {plain(draft.name)} …")
        try:
            add(library, draft, settings_of(row), title=str(row["name"]), tags=row["tags"])
        except Exception as error:  # whatever a file brings a decoder to raise ends that file alone
            log.exception("a video cannot be taken in")
            draft.close()
            session.refuse(draft.name, sentence_for(error, draft.name, "a video"))
        # One by one: whoever turns to another page meanwhile finds here what was not yet taken in, and only that.
        session.drafts().remove(draft)
    st.rerun()


def settings_of(row: Mapping[Hashable, Any]) -> JobSettings:
    """Return what a row of the table asks for."""
    end_s = None if pd.isna(row["end_s"]) else float(row["end_s"])
    return JobSettings(
        model=row["model"],
        start_s=float(row["start_s"]),
        end_s=end_s,
        keep_video=bool(row["keep"]),
        **RATES[row["rate"]],
    )


def add(
    library: Repository, footage: Footage, settings: JobSettings, title: str | None = None, tags: Sequence[str] = ()
) -> None:
    """Put a video of this visit into the queue, and remember it.

    Raises:
        EmotionError: It cannot be read or taken in.
    """
    entry = library.add(footage.path, footage.name, settings, title=title, tags=tags)
    session.remember(entry.id, footage)
