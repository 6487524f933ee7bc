"""Codings of several recordings of each person: pooled by person, and as shares of time of each recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from emotion.errors import InputError
from emotion.studies.agreement.codings import Codings


def by_person(codings: Codings, person_of: Mapping[str, str]) -> Codings:
    """Return codings with the units of each person's recordings one after the other.

    Coefficients then resample people, never recordings. A tolerance in time also reaches across the seams.

    Args:
        codings: Of recordings.
        person_of: Recording → person.
    """
    parts: dict[str, list[np.ndarray]] = {}
    for recording, units in codings.people.items():
        parts.setdefault(person_of[recording], []).append(units)
    return replace(codings, people={person: np.concatenate(each, axis=1) for person, each in parts.items()})


def coded_shares(codings: Codings, code: str) -> pd.DataFrame:
    """Return the share of each recording that each coder gave a code, of the units that the coder coded.

    Args:
        codings: Of recordings.
        code: One of their codes.

    Returns:
        A row per recording and a column per coder, 0–1; NaN where a coder coded nothing of a recording.

    Raises:
        InputError: There is no such code.
    """
    if code not in codings.codes:
        raise InputError(f"expected a code among {', '.join(codings.codes)}; got {code}")
    place = codings.codes.index(code)
    rows = []
    for units in codings.people.values():
        coded = (units >= 0).sum(axis=1)
        shares = np.full(len(units), np.nan)
        rows.append(np.divide((units == place).sum(axis=1), coded, out=shares, where=coded > 0))
    return pd.DataFrame(rows, index=list(codings.people), columns=list(codings.coders))
