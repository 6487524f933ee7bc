"""Codings of people with several recordings each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotion.errors import InputError
from emotion.studies.agreement.codings import Codings
from emotion.studies.agreement.recordings import by_person, coded_shares

CODINGS = Codings(
    ("ann", "bob"),
    ("smile", ""),
    0.1,
    {
        "p1 film": np.array([[0, 0, 1, 1], [0, 1, 1, -1]]),
        "p1 news": np.array([[1, 1], [-1, -1]]),
        "p2": np.zeros((2, 3)),
    },
)


def test_units_of_a_person_follow_each_other() -> None:
    pooled = by_person(CODINGS, {"p1 film": "p1", "p1 news": "p1", "p2": "p2"})
    assert pooled.people["p1"].tolist() == [[0, 0, 1, 1, 1, 1], [0, 1, 1, -1, -1, -1]]
    assert pooled.people["p2"].shape == (2, 3)
    assert pooled.codes == CODINGS.codes


def test_shares_are_of_the_units_that_each_coder_coded() -> None:
    shares = coded_shares(CODINGS, "smile")
    expected = pd.DataFrame(
        [[0.5, 1 / 3], [0.0, np.nan], [1.0, 1.0]], index=["p1 film", "p1 news", "p2"], columns=["ann", "bob"]
    )
    pd.testing.assert_frame_equal(shares, expected)
    with pytest.raises(InputError, match="expected a code among smile"):
        coded_shares(CODINGS, "frown")
