"""Names of splits: how data sets spell them, and what each may be used for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

Role = Literal["train", "validation", "test"]
Set = TypeVar("Set")

ROLES: dict[str, Role] = {
    "train": "train",
    "validation": "validation",
    "test": "test",
    "public-test": "validation",
    "private-test": "test",
}
"""Every split by name. All choices are made on a validation split; a test split is only reported."""

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "train": ("training", "trainset", "trainingset"),
    "validation": ("val", "valid", "valset", "validationset", "dev"),
    "test": ("testing", "testset"),
    "public-test": (),
    "private-test": (),
}
_SPLIT_OF_SPELLING = {
    spelling: split for split, spellings in _SPELLINGS.items() for spelling in (split.replace("-", ""), *spellings)
}


def parse_split(text: str) -> str | None:
    """Return the split that a data set's own spelling names (``"PublicTest"``, ``"val"``), or None."""
    return _SPLIT_OF_SPELLING.get("".join(letter for letter in text.lower() if letter.isalnum()))


def by_role(splits: Mapping[str, Set]) -> dict[Role, Set]:
    """Return the splits by what they may be used for.

    Args:
        splits: Split name → whatever belongs to it.
    """
    return {ROLES[name]: value for name, value in splits.items()}


@dataclass(frozen=True, slots=True)
class HoldOut:
    """Makes the splits that a data set lacks, out of its training split.

    A picture's place is drawn from its content and the seed alone. So it needs no list of all
    pictures, does not depend on their order, and puts exact copies on the same side.

    Attributes:
        share: Part of the training split that each missing split gets, 0–0.5.
        seed: Another seed, another draw.
        missing: The splits to make.
    """

    share: float
    seed: int
    missing: tuple[str, ...]

    @classmethod
    def for_splits(cls, present: Iterable[str], share: float, seed: int) -> HoldOut:
        """Return the draw that gives a data set a validation and a test split."""
        roles = {ROLES[split] for split in present}
        missing = tuple(role for role in ("validation", "test") if role not in roles)
        return cls(share, seed, missing if "train" in roles and share > 0 else ())

    def place(self, split: str, content: bytes) -> str:
        """Return the split in which a picture ends up.

        Args:
            split: Where the data set has it.
            content: Bytes of its pixels.
        """
        if split != "train" or not self.missing:
            return split
        digest = hashlib.blake2b(content, digest_size=8, salt=self.seed.to_bytes(8, "little")).digest()
        draw = int.from_bytes(digest, "little") / 2**64
        position = int(draw / self.share)
        return self.missing[position] if position < len(self.missing) else split
