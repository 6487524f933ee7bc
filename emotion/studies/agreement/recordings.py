"""Codings of several recordings per person: pools them by person, and computes shares of time per recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from emotion.errors import InputError
from emotion.studies.agreement.codings import Codings


def by_person(codings: Codings, person_of: Mapping[str, str]) -> Codings:
    """Return codings in which each person's recordings are joined.

    Agreement coefficients then resample people instead of recordings. A tolerance in time also applies across joins.

    Args:
        codings: Codings of recordings.
        person_of: Recording → person.
    """
    parts: dict[str, list[np.ndarray]] = {}
    for recording, units in codings.people.items():
        parts.setdefault(person_of[recording], []).append(units)
    return replace(codings, people={person: np.concatenate(each, axis=1) for person, each in parts.items()})


def coded_shares(codings: Codings, code: str) -> pd.DataFrame:
    """Return the share of each recording's coded units to which a coder gave a code.

    Args:
        codings: Codings of recordings.
        code: One of their codes.

    Returns:
        A row per recording and a column per coder, 0–1; NaN if a coder coded nothing in a recording.

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
