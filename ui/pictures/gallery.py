"""Several pictures on one screen: totals, a contact sheet or a table, and everything as one file."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

import pandas as pd
import streamlit as st

from emotion.csv_text import csv_bytes
from emotion.drawing.layers import Layer
from emotion.errors import count_text
from emotion.output_names import numbered_names
from emotion.report.picture_records import image_record, image_table
from ui.common.plain import plain
from ui.common.shares import share_column, whole_percent
from ui.pictures.face_facts import choose_layers
from ui.pictures.session import FILTER, Picture, Unreadable
from ui.pictures.sheet import answers_of, in_order, show_sheet
from ui.pictures.view import as_json, download, show_picture

Numbered = tuple[int, Picture | Unreadable]

SHEET, TABLE = "Contact sheet", "Table"
NEWEST, BY_NAME, LEAST_SURE = "Newest first", "By name", "Least sure first"

FAILURES_SHOWN = 2
_TABLE_PX = 560
_COLUMNS = {
    "file": st.column_config.TextColumn("File", pinned=True, width=160),
    "face": st.column_config.NumberColumn("Face", help="The number on the box", width=60),
    "expression": st.column_config.TextColumn("Expression"),
    "probability": share_column("Probability", "Of the leading expression"),
}


def show_gallery(pictures: Sequence[Picture | Unreadable]) -> None:
    """Show several pictures, given oldest first, filtered and sorted as the visitor chooses."""
    _show_failures([picture for picture in pictures if isinstance(picture, Unreadable)])
    totals = Counter(answer for picture in pictures for answer in answers_of(picture).elements())
    chosen = st.pills(
        "Show", in_order(totals), selection_mode="multi", key=FILTER, persist_state="session",
        format_func=lambda answer: f"{plain(answer)} {totals[answer]:d}", label_visibility="collapsed",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        view = st.segmented_control(
            "View", [SHEET, TABLE], default=SHEET, required=True, key="pictures_view",
            persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
        order = st.selectbox(
            "Order", [NEWEST, BY_NAME, LEAST_SURE], key="pictures_order",
            persist_state="session", width=180, label_visibility="collapsed",
        )  # fmt: skip
        with st.popover("Overlay", icon=":material/layers:", help="What is drawn over faces in opened and saved files"):
            layers = choose_layers()
        # Uploads have no folders, so duplicate names are numbered.
        names = numbered_names([one.name for one in pictures])
        _show_downloads(pictures, names, layers)
    shown = _sorted([one for one in enumerate(pictures) if not chosen or set(chosen) & set(answers_of(one[1]))], order)
    if view == TABLE:
        _show_table(shown, names)
    elif (opened := show_sheet(shown, "picture_sheet")) is not None and opened < len(pictures):
        _open(pictures[opened], opened, layers)


def _show_failures(failures: Sequence[Unreadable]) -> None:
    """Say why pictures cannot be read: the first ones in full, the others folded away."""
    for number, failure in enumerate(failures[:FAILURES_SHOWN]):
        show_picture(failure, f"failure_{number}")
    if len(failures) > FAILURES_SHOWN:
        with st.expander(f"{len(failures) - FAILURES_SHOWN} more that cannot be read"):
            for number, failure in enumerate(failures[FAILURES_SHOWN:], start=FAILURES_SHOWN):
                show_picture(failure, f"failure_{number}")


def found(pictures: Sequence[Picture | Unreadable]) -> str:
    """Return what was found in pictures, in one line."""
    read = [picture for picture in pictures if isinstance(picture, Picture)]
    faces = sum(len(picture.result.faces) for picture in read)
    parts = [count_text(len(pictures), "picture"), count_text(faces, "face")]
    if unreadable := len(pictures) - len(read):
        parts.append(f"{unreadable} cannot be read")
    return " · ".join(parts)


def _sorted(pictures: list[Numbered], order: str) -> list[Numbered]:
    if order == BY_NAME:
        return sorted(pictures, key=lambda one: one[1].name.casefold())
    if order == LEAST_SURE:
        return sorted(pictures, key=lambda one: _least_probability(one[1]))
    return pictures[::-1]


def _least_probability(picture: Picture | Unreadable) -> float:
    """Return the least probability of a leading expression in a picture; 1 if it shows none."""
    if isinstance(picture, Unreadable):
        return 1.0
    leading = (float(face.probabilities.max()) for face in picture.result.faces if face.probabilities is not None)
    return min(leading, default=1.0)


def _show_table(pictures: Sequence[Numbered], names: Sequence[str]) -> None:
    tables = [image_table(one.result, names[place]) for place, one in pictures if isinstance(one, Picture)]
    if not tables:
        st.info("No picture to show.", icon=":material/filter_alt_off:")
        return
    faces = pd.concat(tables, ignore_index=True)
    table = pd.DataFrame(
        {
            "file": faces["file"],
            "face": faces["face"],
            "expression": faces["emotion"]
            .astype(object)
            .where(~faces["unclear"].fillna(False).astype(bool), "unclear"),
            "probability": faces["emotion_confidence"],
        }
    )
    st.dataframe(
        whole_percent(table, "probability"), hide_index=True, column_config=_COLUMNS, placeholder="–",
        height="content" if len(table) < 15 else _TABLE_PX,
    )  # fmt: skip


def _open(picture: Picture | Unreadable, number: int, layers: frozenset[Layer]) -> None:
    st.dialog(plain(picture.name), width="large")(show_picture)(picture, f"opened_{number}", layers, titled=False)


def _show_downloads(pictures: Sequence[Picture | Unreadable], names: Sequence[str], layers: frozenset[Layer]) -> None:
    download("CSV", lambda: faces_csv(pictures, names), "faces.csv", "text/csv", "csv_all")
    download("JSON", lambda: faces_json(pictures, names).encode(), "faces.json", "application/json", "json_all")
    download("Everything", lambda: results_zip(pictures, names, layers), "faces.zip", "application/zip", "zip_all")


def faces_csv(pictures: Sequence[Picture | Unreadable], names: Sequence[str]) -> bytes:
    """Return all faces as one CSV table."""
    tables = [
        image_table(one.result, name) for name, one in zip(names, pictures, strict=True) if isinstance(one, Picture)
    ]
    return csv_bytes(pd.concat(tables))


def faces_json(pictures: Sequence[Picture | Unreadable], names: Sequence[str]) -> str:
    """Return all pictures' records, and the reasons of those that cannot be read, as one JSON list."""
    return as_json(
        [
            {"file": name, "error": one.error} if isinstance(one, Unreadable) else image_record(one.result, name)
            for name, one in zip(names, pictures, strict=True)
        ]
    )


def results_zip(pictures: Sequence[Picture | Unreadable], names: Sequence[str], layers: frozenset[Layer]) -> bytes:
    """Return a ZIP file of both tables and of every picture with layers drawn over its faces."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("faces.csv", faces_csv(pictures, names))
        archive.writestr("faces.json", faces_json(pictures, names))
        files = numbered_names([_jpeg_name(PurePath(name)) for name in names])
        for file, one in zip(files, pictures, strict=True):
            if isinstance(one, Picture):
                # JPEG is compressed already.
                archive.writestr(f"pictures/{file}", one.shown(layers), zipfile.ZIP_STORED)
    return content.getvalue()


def _jpeg_name(path: PurePath) -> str:
    """Return the name of a drawn picture, by which it is found in the tables: ``a.png`` becomes ``a.png.jpg``."""
    return path.name if path.suffix.lower() in {".jpg", ".jpeg"} else f"{path.name}.jpg"
