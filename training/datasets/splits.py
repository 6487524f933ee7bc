"""Names of splits, their spellings in data sets, and their roles."""

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
"""Split → role. All choices are made on validation splits; test splits are only reported."""

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
    """Return the split for a data set's spelling, such as ``"PublicTest"`` or ``"val"``, or None."""
    return _SPLIT_OF_SPELLING.get("".join(letter for letter in text.lower() if letter.isalnum()))


def by_role(splits: Mapping[str, Set]) -> dict[Role, Set]:
    """Return role → value, given split → value."""
    return {ROLES[name]: value for name, value in splits.items()}


@dataclass(frozen=True, slots=True)
class HoldOut:
    """Makes the missing splits of a data set from its training split.

    A picture's split depends only on its content and the seed: not on the order of pictures, and exact copies get the
    same split.

    Attributes:
        share: Share of the training split for each missing split, 0–0.5.
        seed: Seed of the draw.
        missing: The splits to make.
    """

    share: float
    seed: int
    missing: tuple[str, ...]

    @classmethod
    def for_splits(cls, present: Iterable[str], share: float, seed: int) -> HoldOut:
        """Return the draw for a data set's missing validation and test splits."""
        roles = {ROLES[split] for split in present}
        missing = tuple(role for role in ("validation", "test") if role not in roles)
        return cls(share, seed, missing if "train" in roles and share > 0 else ())

    def place(self, split: str, content: bytes) -> str:
        """Return the split of a picture.

        Args:
            split: Its split in the data set.
            content: Bytes of its pixels.
        """
        if split != "train" or not self.missing:
            return split
        digest = hashlib.blake2b(content, digest_size=8, salt=self.seed.to_bytes(8, "little")).digest()
        draw = int.from_bytes(digest, "little") / 2**64
        position = int(draw / self.share)
        return self.missing[position] if position < len(self.missing) else split
