"""Names the labels of pictures that come without a published data set's files."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from emotion.labels import CODES, LabelSet, label_set_of


def own_labels(labels: Collection[str], folder: Path, codes: str | None) -> LabelSet:
    """Return the label set of a data set, under a name that keeps its scores apart from those of other sets.

    Otherwise, any seven expressions would count as FER2013's labels, and scores on these pictures as scores on FER2013.

    Args:
        labels: The classes that occur.
        folder: The data set's folder, which names it.
        codes: Numbering of the classes, a key of :data:`emotion.labels.CODES`, which names it instead; None for words.

    Raises:
        LabelError: There are fewer than two classes, or unknown ones.
    """
    ordered = label_set_of(labels).labels
    if codes is None:
        # A hyphen would mark a subset of the label set named before it.
        return LabelSet(folder.resolve().name.replace("-", "_"), ordered)
    return LabelSet(codes if len(ordered) == len(CODES[codes]) else "-".join((codes, *ordered)), ordered)
