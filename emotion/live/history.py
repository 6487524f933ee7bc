"""Smoothed probabilities per person: now and over the last 30 seconds, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from types import MappingProxyType

import numpy as np

from emotion.analytics.abstention import leading_answer, required_for
from emotion.labels import ANSWER_COLOURS
from emotion.live.snapshot import PersonNow, Series
from emotion.types import FloatArray, FrameResult

SPAN_S = 30.0
"""Length of a series, and how long a person who left is still listed, seconds."""
RATE_HZ = 10
"""Maximum values per second in a series."""
IN_VIEW_S = 0.5
"""A person seen this recently is in view; longer than the interval between analysed frames, seconds."""

_SLOTS = round(SPAN_S * RATE_HZ) + 1


class Smoother:
    """An exponential moving average over unevenly spaced values, the newest counting most.

    Each value's weight halves with every half-life that has passed since, and the weights are scaled to sum to 1: the
    same as :func:`emotion.analytics.smooth.smooth` with ``"exponential"``, one value at a time.
    """

    def __init__(self, size: int) -> None:
        self._sum, self._weight = np.zeros(size), 0.0
        self._last_s = 0.0

    def __call__(self, values: FloatArray, time_s: float, half_life_s: float) -> FloatArray:
        """Return the average, ``(k,)``, after the next values, ``(k,)``; times must not decrease."""
        kept = 0.5 ** ((time_s - self._last_s) / half_life_s) if half_life_s > 0 else 0.0
        self._sum, self._weight = kept * self._sum + values, kept * self._weight + 1
        self._last_s = time_s
        return np.asarray(self._sum / self._weight, np.float32)


class _Ring:
    """The latest value of each tenth of a second, for half a minute."""

    def __init__(self, size: int) -> None:
        self._times, self._values = np.full(_SLOTS, -np.inf), np.zeros((_SLOTS, size), np.float32)

    def put(self, time_s: float, values: FloatArray) -> None:
        slot = math.floor(time_s * RATE_HZ) % _SLOTS
        self._times[slot], self._values[slot] = time_s, values

    def series(self, now_s: float) -> Series:
        order = np.argsort(self._times)
        order = order[self._times[order] >= now_s - SPAN_S]
        values = self._values[order]
        return Series(self._times[order] - now_s, values[:, :-1], values[:, -1])


class _Person:
    """Smoothed probabilities followed by the smoothed probability that a clear answer needs."""

    def __init__(self, size: int) -> None:
        self.smoother, self.ring = Smoother(size), _Ring(size)
        self.current: FloatArray = np.zeros(size, np.float32)
        self.last_s = float("-inf")

    def add(self, values: FloatArray, time_s: float, half_life_s: float) -> None:
        if time_s - self.last_s > IN_VIEW_S:
            # A face that was lost starts a new average.
            self.smoother = Smoother(len(values))
        self.current = self.smoother(values, time_s, half_life_s)
        self.ring.put(time_s, self.current)
        self.last_s = time_s


class History:
    """People seen within the last :data:`SPAN_S`.

    Args:
        labels: Labels of the probabilities, in order.
        abstain_below: Probability below which an answer is unclear, 0–1.
    """

    def __init__(self, labels: tuple[str, ...], abstain_below: float) -> None:
        self._labels, self._abstain_below = labels, abstain_below
        self._people: dict[int, _Person] = {}

    def add(self, result: FrameResult, half_life_s: float) -> None:
        """Add a frame; times must not decrease."""
        for face in result.faces:
            assert face.track_id is not None
            assert face.probabilities is not None
            person = self._people.setdefault(face.track_id, _Person(len(self._labels) + 1))
            needed = required_for(face, self._abstain_below)
            person.add(np.append(face.probabilities, np.float32(needed)), result.time_s, half_life_s)
        gone = [track for track, person in self._people.items() if result.time_s - person.last_s > SPAN_S]
        for track in gone:
            del self._people[track]

    @property
    def tracks(self) -> Set[int]:
        """The people."""
        return self._people.keys()

    def current(self, track: int) -> dict[str, float] | None:
        """Return a person's smoothed probabilities; None for a person not seen recently."""
        person = self._people.get(track)
        return None if person is None else self._named(person.current)

    def leading(self, track: int) -> str | None:
        """Return a person's current answer; None for a person not seen recently."""
        person = self._people.get(track)
        return None if person is None else self._answer(person)

    def people(
        self, now_s: float, baselines: Mapping[int, Mapping[str, float]] = MappingProxyType({})
    ) -> tuple[PersonNow, ...]:
        """Return everybody's state at a time not before the last frame, by track id.

        Args:
            now_s: The time.
            baselines: Track → label → mean probability at rest, 0–1.
        """
        return tuple(self._person(track, now_s, baselines.get(track)) for track in sorted(self._people))

    def _person(self, track: int, now_s: float, baseline: Mapping[str, float] | None) -> PersonNow:
        person = self._people[track]
        values = self._named(person.current)
        answer = self._answer(person)
        relative = None if baseline is None else {label: values[label] - baseline[label] for label in values}
        in_view = now_s - person.last_s <= IN_VIEW_S
        series = person.ring.series(now_s)
        return PersonNow(track, in_view, answer, ANSWER_COLOURS[answer], values, baseline, relative, series)

    def _answer(self, person: _Person) -> str:
        return leading_answer(self._named(person.current), float(person.current[-1]))

    def _named(self, values: FloatArray) -> dict[str, float]:
        return dict(zip(self._labels, map(float, values[:-1]), strict=True))
