"""Inside the models: adds and removes uploaded .tflite models."""

from __future__ import annotations

import streamlit as st

from emotion.errors import EmotionError, InputError, LabelError
from emotion.imported_models.importer import (
    SIZE_LIMIT_BYTES,
    CardDetails,
    ModelFacts,
    remove_model,
    suggest_name,
)
from emotion.labels import ORDERS, parse_labels
from emotion.model_card import PROBABILITIES
from emotion.models.registry import imported_models
from emotion.vision.normalise import CAFFE, STANDARDISE, SYMMETRIC, UNIT, normalisations_for
from ui.access import Visitor, find_visitor
from ui.common import uploads
from ui.common.errors import fragment
from ui.common.plain import about_file, code, plain
from ui.common.widgets import chip, chips, show_outcome
from ui.lab import session
from ui.lab.models import TIMES, Lab
from ui.lab.pending_model import PendingModel
from ui.lab.try_one import ANSWERS

_UPLOAD, _NOTE, _ASKED = "own_upload", "own_note", "own_asked"
_OTHER_ORDER = "Another order"
_ADDED = "{} was added. It is now in the table, on “Test on my pictures” and among the models for videos."
_PIXELS = {
    UNIT: "0 to 1",
    SYMMETRIC: "−1 to 1",
    STANDARDISE: "Mean 0 and deviation 1 in each face",
    CAFFE: "BGR minus ImageNet means",
}


def show_own(lab: Lab, visitor: Visitor) -> None:
    """Show the added models; visitors with permission can add and remove models."""
    if visitor.may_change_models:
        _show_adding()
    else:
        st.caption("Models added to the built-in ones. Only administrators can add and remove them.")
    _show_added(lab, visitor)


def _show_adding() -> None:
    st.caption(
        "A `.tflite` file that takes one face and returns probabilities of two to eight expressions. It is checked in "
        "a sandbox before it is added. Everyone who uses this app can then choose it."
    )
    st.file_uploader(
        "Model file", ["tflite"], key=uploads.uploader_key(_UPLOAD), on_change=_take_upload,
        label_visibility="collapsed", max_upload_size=SIZE_LIMIT_BYTES // 1_000_000,
    )  # fmt: skip
    show_outcome(_NOTE)
    pending = session.pending_model()
    if pending is not None:
        if not pending.started:
            pending.start()
        if pending.running:
            _show_progress(pending)
        else:
            _show_pending(pending)


def _take_upload() -> None:
    for upload in uploads.take_uploads(_UPLOAD):
        try:
            session.set_pending_model(PendingModel(upload.name, upload))
        except InputError as error:
            st.session_state[_NOTE] = (False, str(error))


@fragment(run_every=0.3)
def _show_progress(pending: PendingModel) -> None:
    if not pending.running:
        st.rerun()
    with st.container(border=True):
        st.markdown(f":material/hourglass_top: Checking **{plain(pending.name)}** …")
        st.caption("The file is loaded in a sandbox, run a few times and timed.")


def _show_pending(pending: PendingModel) -> None:
    if pending.facts is None:
        st.error(about_file(pending.error, pending.name), icon=":material/error:")
        return
    with st.container(border=True):
        st.markdown(f"**{plain(pending.name)}**")
        _show_facts(pending.facts)
        _show_form(pending, pending.facts)


def _show_facts(facts: ModelFacts) -> None:
    answers = "probabilities" if facts.outputs == PROBABILITIES else "scores before softmax"
    kinds = " and ".join(sorted({facts.input_type, facts.output_type}))
    cost = "" if facts.multiply_adds is None else f", {facts.multiply_adds / 1e6:,.1f} M multiply–adds"
    st.markdown(
        f"- Input: {facts.input_size:d} × {facts.input_size:d} px, {plain(facts.colour)}; "
        f"output: {facts.classes:d} {answers}, {plain(kinds)}\n"
        f"- {facts.parameters / 1e6:,.2f} M parameters{cost}, {facts.file_bytes / 1e6:,.2f} MB, "
        f"{facts.ms:,.2f} ms per face on this machine"
    )


def _show_form(pending: PendingModel, facts: ModelFacts) -> None:
    left, right = st.columns(2, gap="medium")
    left.text_input(
        "Name", suggest_name(pending.name), max_chars=40, key=_key(pending, "name"),
        help="Lower-case letters, digits and dashes",
    )  # fmt: skip
    right.text_input("Title", pending.stem, max_chars=80, key=_key(pending, "title"))
    left, right = st.columns(2, gap="medium")
    with left:
        _ask_labels(pending, facts.classes)
    pixels = right.selectbox(
        "Pixels it was trained on", normalisations_for(facts.colour), index=1, format_func=_PIXELS.__getitem__,
        key=_key(pending, "pixels"),
    )  # fmt: skip
    st.text_input("Licence and source", max_chars=300, key=_key(pending, "licence"))
    described = _show_reading(pending, facts, pixels)
    with st.container(horizontal=True):
        st.button("Add", type="primary", disabled=not described, on_click=_add, args=(pending, facts), key="own_add")
        st.button("Discard", on_click=session.set_pending_model, args=(None,), key="own_discard")


def _ask_labels(pending: PendingModel, classes: int) -> None:
    """Let the visitor choose a common order with as many labels, or name the labels."""
    orders = [name for name, labels in ORDERS.items() if len(labels) == classes]
    chosen: str | None = _OTHER_ORDER
    if orders:
        chosen = st.selectbox(
            "Order of the outputs", [*orders, _OTHER_ORDER], index=None, key=_key(pending, "order"),
            placeholder="Choose the order of the labels",
        )  # fmt: skip
    if chosen == _OTHER_ORDER:
        st.text_input(
            f"{classes:d} labels in the order of the outputs", key=_key(pending, "labels"),
            placeholder="angry, happy, neutral, …", help="Comma-separated, in any common spelling",
        )  # fmt: skip


def _show_reading(pending: PendingModel, facts: ModelFacts, pixels: str) -> bool:
    """Show the labels and the answer for the sample portrait; return whether the form is complete."""
    try:
        labels = _labels(pending)
    except LabelError as error:
        st.error(plain(error), icon=":material/error:")
        return False
    if not labels:
        return False
    if len(labels) != facts.classes:
        st.error(f"expected {facts.classes:d} labels, one for each output; got {len(labels)}", icon=":material/error:")
        return False
    chips(labels)
    share, label = max(zip(facts.readings[pixels], labels, strict=True))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Answer for the sample portrait (a smile):")
        st.html(chip(label, f"{label} {share:.0%}"))
    if label != "happiness":
        st.caption("Not a smile? Try another order of the outputs or another pixel range.")
    return True


def _labels(pending: PendingModel) -> tuple[str, ...]:
    """Return the labels chosen so far; empty if none.

    Raises:
        LabelError: They are not distinct expressions.
    """
    order = _value(pending, "order")
    if order in ORDERS:
        return ORDERS[order]
    text = _value(pending, "labels")
    return parse_labels(text) if text.strip() else ()


def _key(pending: PendingModel, field: str) -> str:
    """Return a field's key, which depends on the file, so that every file starts with empty fields."""
    return f"own_{field}_{pending.facts.sha256[:8] if pending.facts else ''}"


def _value(pending: PendingModel, field: str) -> str:
    return st.session_state.get(_key(pending, field)) or ""


def _add(pending: PendingModel, facts: ModelFacts) -> None:
    if not _may_change():
        return
    # Read in the callback, because the last typed value arrives together with the click.
    try:
        details = CardDetails(
            name=_value(pending, "name").strip(),
            labels=_labels(pending),
            normalisation=_value(pending, "pixels"),
            title=_value(pending, "title"),
            licence=_value(pending, "licence"),
        )
        # A double click gets here twice.
        card = pending.add(details)
    except EmotionError as error:
        st.session_state[_NOTE] = (False, str(error))
        return
    session.set_pending_model(None)
    _forget(card.name)
    st.session_state.setdefault(TIMES, {})[card.name] = facts.ms
    st.session_state[_NOTE] = (True, _ADDED.format(card.name))


def _show_added(lab: Lab, visitor: Visitor) -> None:
    names = imported_models()
    if not names:
        if not visitor.may_change_models:
            st.info("No model was added yet.", icon=":material/inventory_2:")
        return
    st.subheader("Added", anchor=False)
    for name in names:
        with st.container(border=True):
            if name in lab.cards:
                st.markdown(f"**{plain(lab.cards[name].title)}** · {code(name)}")
                chips(lab.cards[name].labels)
            else:
                st.markdown(code(name))
            if name not in lab.evaluations:
                st.caption("Not evaluated yet. With a prepared data set, run:")
                st.code(f"python -m training evaluate --model {name}", language="sh")
            if visitor.may_change_models:
                _show_removal(name)


def _show_removal(name: str) -> None:
    if st.session_state.get(_ASKED) != name:
        st.button("Remove", icon=":material/delete:", key=f"own_remove_{name}", on_click=_ask_removal, args=(name,))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Remove this model permanently?")
        st.button("Yes, remove", type="primary", key="own_remove_yes", on_click=_remove, args=(name,))
        st.button("Keep", key="own_remove_no", on_click=_ask_removal, args=(None,))


def _ask_removal(name: str | None) -> None:
    st.session_state[_ASKED] = name


def _may_change() -> bool:
    """Return whether the visitor still has permission."""
    visitor = find_visitor()
    return visitor is not None and visitor.may_change_models


def _remove(name: str) -> None:
    _ask_removal(None)
    if not _may_change():
        return
    try:
        remove_model(name)
    except EmotionError as error:
        # Otherwise, another click or another page has removed it.
        if name in imported_models():
            st.session_state[_NOTE] = (False, str(error))
            return
    _forget(name)
    st.session_state[_NOTE] = (True, f"{name} was removed.")


def _forget(name: str) -> None:
    """Drop cached results of a model name, which may be reused."""
    for key in (ANSWERS, TIMES):
        st.session_state.get(key, {}).pop(name, None)
