"""Edits the codebook of a study: names, keys and kinds of codes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from emotion.errors import EmotionError, printable_line
from emotion.library.studies.codings import CodingRepository, SavedCodebook
from emotion.studies.coding import Code, Codebook, CodeKind
from emotion.studies.study import MAX_NAME
from ui.common.drafts import draft_editor
from ui.common.plain import sentence
from ui.studies import session

_KEPT = (
    "Existing spans do not change. If you rename or remove a code here, its spans keep the old name, stay visible in a "
    "lane without a key, and count in *Agreement* under the old name."
)


def show_codebook(codings: CodingRepository, study_id: str, saved: SavedCodebook, *, is_used: bool) -> None:
    """Show the codebook as a table, and save changes.

    Args:
        codings: The owner's codings.
        study_id: ID of the study.
        saved: Its codebook.
        is_used: Whether somebody has coded with it.
    """
    with st.expander("Codebook", icon=":material/menu_book:"):
        st.caption(
            "A *state* lasts from one press of its key to the next, a *point* is one moment. Codes named like an "
            "expression can be compared with the model. Keys: letters and digits except M and Z."
        )
        if is_used:
            st.caption(_KEPT)
        table = _edit(study_id, saved)
        exclusive = st.toggle(
            "One state at a time: a new state ends the open one", saved.codebook.exclusive,
            key=f"study_codebook_exclusive_{study_id}_{saved.version}",
        )  # fmt: skip
        if st.button("Save codebook", icon=":material/save:"):
            _save(codings, study_id, saved, table, exclusive)


def _edit(study_id: str, saved: SavedCodebook) -> pd.DataFrame:
    rows = [(code.name, code.key.upper(), str(code.kind)) for code in saved.codebook.codes]
    columns = st.column_config
    return draft_editor(
        pd.DataFrame(rows, columns=["code", "key", "kind"], dtype=object), f"study_codebook_{study_id}_{saved.version}",
        hide_index=True, num_rows="dynamic",
        column_config={
            "code": columns.TextColumn("Code", max_chars=MAX_NAME, required=True),
            "key": columns.TextColumn("Key", max_chars=1, required=True),
            "kind": columns.SelectboxColumn("Kind", options=list(map(str, CodeKind)), default="state", required=True),
        },
    )  # fmt: skip


def _save(codings: CodingRepository, study_id: str, saved: SavedCodebook, table: pd.DataFrame, exclusive: bool) -> None:
    try:
        codes = tuple(_code(row) for row in table.to_dict("records"))
        codings.save_codebook(study_id, Codebook(codes, exclusive), saved)
    except EmotionError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    session.queue_message("Codebook saved.")
    st.rerun()


def _code(row: dict[Any, Any]) -> Code:
    name, key, kind = (printable_line(value) if isinstance(value, str) else "" for value in row.values())
    return Code(name, key.lower(), CodeKind(kind or CodeKind.STATE))
