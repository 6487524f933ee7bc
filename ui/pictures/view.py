"""Shows analysed pictures: boxes, bars, tables and downloads."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from emotion.analytics.abstention import explain, face_answer, required_for
from emotion.bad_file import sentence_for
from emotion.charts.timeline import probability_bars
from emotion.csv_text import csv_bytes
from emotion.drawing.layers import Layer
from emotion.errors import EmotionError
from emotion.labels import UNCLEAR
from emotion.report.picture_records import image_record, image_table, probabilities_of
from emotion.types import FrameResult
from ui.common.charts import show_chart
from ui.common.plain import about_file, plain
from ui.common.shares import share_column, whole_percent
from ui.common.widgets import answer_chip
from ui.pictures.face_facts import show_facts
from ui.pictures.session import BOXES_ALONE, Picture, Unreadable

log = logging.getLogger(__name__)

FACES_SHOWN = 12
"""Faces whose bars are shown at first."""

LEAST_SHOWN = 0.005
"""Probability below which an expression gets no bar: it would be labelled 0%."""

_COLUMNS = 3
_ROW_PX, _AXIS_PX = 22, 90
_TABLE_ROWS = 9


def show_picture(
    picture: Picture | Unreadable, key: str, layers: frozenset[Layer] = BOXES_ALONE, *, titled: bool = True
) -> None:
    """Show a picture with its faces, or why it could not be read.

    Args:
        picture: The picture.
        key: Prefix of its widgets' keys.
        layers: What to draw over the faces.
        titled: Whether to show a border with the picture's name.
    """
    if isinstance(picture, Unreadable):
        _show_failure(picture)
        return
    try:
        _show_readable(picture, key, layers, titled)
    except EmotionError:  # missing models affect every picture
        raise
    except Exception as error:  # whatever a library raises for this picture must not stop the others
        log.exception("a picture cannot be shown")
        _show_failure(Unreadable(picture.name, sentence_for(error, picture.name, "a picture")))


def _show_failure(picture: Unreadable) -> None:
    st.error(about_file(picture.error, picture.name), icon=":material/broken_image:")


def _show_readable(picture: Picture, key: str, layers: frozenset[Layer], titled: bool) -> None:
    with st.container(border=titled):
        if titled:
            st.subheader(plain(picture.name), anchor=False)
        st.caption(plain(_found(picture.result)))
        boxed, side = st.columns([3, 2], gap="medium")
        # Small pictures are not enlarged.
        boxed.image(
            picture.shown(layers),
            width="stretch" if picture.result.width >= 500 else "content",
            alt=f"The picture. {_found(picture.result)}",
        )
        with side:
            if picture.result.faces:
                _show_table(picture.result)
                _explain_unclear(picture.result)
            else:
                st.info("No face was found in this picture.", icon=":material/no_accounts:")
            _show_downloads(picture, key, layers)
            if len(picture.result.faces) == 1:
                _show_face(picture, 0, key)
        if len(picture.result.faces) > 1:
            _show_bars(picture, key)


def _found(result: FrameResult) -> str:
    count = len(result.faces)
    faces = {0: "No face", 1: "1 face"}.get(count, f"{count} faces")
    return f"{faces} · {result.width} × {result.height} px"


def _show_table(result: FrameResult) -> None:
    records = image_record(result, "")["faces"]
    table = pd.DataFrame(
        {
            "Face": range(1, len(records) + 1),
            "Expression": [face_answer(face, result) for face in result.faces],
            "Probability": [face["probabilities"][face["emotion"]] for face in records],
        }
    )
    explanation = explain(result.abstain_below) if result.abstain_below > 0 else None
    columns = {
        "Face": st.column_config.NumberColumn(width="small", help="The number on the box"),
        "Expression": st.column_config.TextColumn(help=explanation),
        "Probability": share_column(explanation="Of the leading expression"),
    }
    table = whole_percent(table, "Probability")
    st.dataframe(table, hide_index=True, column_config=columns, height="content" if len(table) <= _TABLE_ROWS else 350)


def _explain_unclear(result: FrameResult) -> None:
    if UNCLEAR in {face_answer(face, result) for face in result.faces}:
        st.caption(explain(result.abstain_below))


def _show_bars(picture: Picture, key: str) -> None:
    count = len(picture.result.faces)
    if count > FACES_SHOWN and not st.toggle(f"Show the bars of all {count} faces", key=f"all_{key}"):
        count = FACES_SHOWN
    # Row by row, so that the reading order is kept when columns stack on a phone.
    for start in range(0, count, _COLUMNS):
        columns = st.columns(_COLUMNS, gap="medium")
        for index in range(start, min(start + _COLUMNS, count)):
            with columns[index - start]:
                _show_face(picture, index, key)


def _show_face(picture: Picture, index: int, key: str) -> None:
    result = picture.result
    probabilities = probabilities_of(result.faces[index], result.labels)
    answer = face_answer(result.faces[index], result)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.image(picture.thumbnails[index], width=64, alt=f"Face {index + 1}")
        tag = answer_chip(answer, probabilities, result.abstain_below)
        st.html(f"<strong>Face {index + 1:d}</strong><br>{tag}")
    show_facts(result.faces[index])
    bars = {label: value for label, value in probabilities.items() if value >= LEAST_SHOWN}
    limit = required_for(result.faces[index], result.abstain_below)
    chart = probability_bars(bars, _AXIS_PX + _ROW_PX * len(bars), abstain_below=limit)
    show_chart(chart, f"{key}_bars_{index}", f"face-{index + 1}")
    needed = f"An answer needs {limit:.0%} (dashed line)." if limit > 0 else ""
    others = "All other expressions: 0%." if len(bars) < len(probabilities) else ""
    if needed or others:
        st.caption(f"{needed} {others}".strip())


def as_json(value: object) -> str:
    """Return a value as readable JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def download(label: str, data: str | bytes | Callable[[], bytes], name: str, mime: str, key: str) -> None:
    """Show a download button; ``data`` may be a function that is called on click."""
    st.download_button(label, data, name, mime, key=key, icon=":material/download:", on_click="ignore")


def _show_downloads(picture: Picture, key: str, layers: frozenset[Layer]) -> None:
    table, record = image_table(picture.result, picture.name), image_record(picture.result, picture.name)
    with st.container(horizontal=True, gap="small"):
        # The full-size PNG is encoded only on click.
        download(
            "Picture",
            partial(picture.annotated_png, layers),
            f"{picture.stem}.annotated.png",
            "image/png",
            f"png_{key}",
        )
        download("CSV", csv_bytes(table), f"{picture.stem}.faces.csv", "text/csv", f"csv_{key}")
        download(
            "JSON",
            as_json(record),
            f"{picture.stem}.faces.json",
            "application/json",
            f"json_{key}",
        )
