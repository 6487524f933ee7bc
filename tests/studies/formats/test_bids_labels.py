"""Labels of BIDS files have only letters and digits, and are unique for each name."""

from __future__ import annotations

import pytest

from emotion.errors import InputError
from emotion.studies.formats.bids import bids_labels


def test_names_that_differ_only_in_special_characters_get_different_labels() -> None:
    assert bids_labels(["A-1", "A1", "a 1", "A12", "B"]) == {
        "A-1": "A1",
        "A1": "A13",
        "a 1": "a14",
        "A12": "A12",
        "B": "B",
    }


def test_a_name_without_latin_letters_is_refused() -> None:
    with pytest.raises(InputError, match="'Ж'"):
        bids_labels(["ok", "Ж"])
