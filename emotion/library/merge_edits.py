"""Merges two sets of edits with a common base, such as those of two tabs with the same analysis."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeVar

from emotion.analytics.apply import merged_into
from emotion.analytics.edits import Edits, Event
from emotion.analytics.people import person_name
from emotion.errors import InputError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class MergedEdits:
    """The result of a merge.

    Attributes:
        edits: All changes of both sides, except those in ``conflicts``, where the stored value is kept.
        conflicts: What both sides changed differently, such as ``"the name of Person 2"``.
    """

    edits: Edits
    conflicts: tuple[str, ...]


def merge_edits(base: Edits, mine: Edits, stored: Edits) -> MergedEdits:
    """Apply the changes between ``base`` and ``mine`` to the edits that are stored by now (three-way merge).

    Args:
        base: The edits that both sides started from.
        mine: The edits to save.
        stored: The edits that another page saved in the meantime.
    """
    names, other_names = _merge_mappings(base.names, mine.names, stored.names)
    merged, other_merges = _merge_people(base, mine, stored)
    baselines, other_baselines = _merge_mappings(base.baselines, mine.baselines, stored.baselines)
    events, other_events = _merge_events(base.events, mine.events, stored.events)
    hidden = (stored.hidden | (mine.hidden - base.hidden)) - (base.hidden - mine.hidden)
    conflicts = (
        *(f"the name of {person_name(track, {})}" for track in other_names),
        *(f"the merge of {person_name(track, {})}" for track in other_merges),
        *(f"the baseline of {person_name(track, {})}" for track in other_baselines),
        *(f"the event “{event.label}”" for event in other_events),
    )
    return MergedEdits(Edits(names, merged, hidden, baselines, events), conflicts)


def _merge_mappings(
    base: Mapping[K, V], mine: Mapping[K, V], stored: Mapping[K, V]
) -> tuple[dict[K, V], tuple[K, ...]]:
    """Return the merged mapping and the keys that both sides changed differently."""
    result, conflicts = dict(stored), []
    for key in [*base, *(key for key in mine if key not in base)]:
        was, wanted, now = base.get(key), mine.get(key), stored.get(key)
        if wanted in (was, now):
            continue
        if now != was:
            conflicts.append(key)
        elif wanted is None:
            del result[key]
        else:
            result[key] = wanted
    return result, tuple(conflicts)


def _merge_people(base: Edits, mine: Edits, stored: Edits) -> tuple[Mapping[int, int], tuple[int, ...]]:
    result, conflicts = _merge_mappings(base.merged, mine.merged, stored.merged)
    try:
        merged_into(result)
    except InputError:
        # One tab merges 1 into 2 and the other 2 into 1: each is valid, but together they form a cycle.
        changed = {*base.merged.items()} ^ {*mine.merged.items()}
        return stored.merged, tuple(sorted({track for track, _ in changed}))
    return result, conflicts


def _merge_events(
    base: Sequence[Event], mine: Sequence[Event], stored: Sequence[Event]
) -> tuple[tuple[Event, ...], tuple[Event, ...]]:
    """Return the merged events and those of ``base`` that both sides changed differently."""
    my_changes, my_new = _event_changes(base, mine)
    their_changes, their_new = _event_changes(base, stored)
    changes, conflicts = _merge_mappings(dict(enumerate(base)), my_changes, their_changes)
    kept = [changes[place] for place in sorted(changes)]
    added = [event for event in my_new if event not in their_new]
    return (*kept, *their_new, *added), tuple(base[place] for place in conflicts)


def _event_changes(base: Sequence[Event], after: Sequence[Event]) -> tuple[dict[int, Event], list[Event]]:
    """Return the changed or kept events of ``base`` by position, and the new events; removed ones are absent.

    Events have no ID: an event in the same position with the same label, start or end counts as the changed one.
    """
    places: dict[int, Event] = {}
    new: list[Event] = []
    for _, start, end, after_start, after_end in SequenceMatcher(None, base, after, autojunk=False).get_opcodes():
        pairs = min(end - start, after_end - after_start)
        for place, event in zip(range(start, start + pairs), after[after_start:], strict=False):
            if _is_same(base[place], event):
                places[place] = event
            else:
                new.append(event)
        new += after[after_start + pairs : after_end]
    return places, new


def _is_same(one: Event, other: Event) -> bool:
    return one.label == other.label or one.span.start_s == other.span.start_s or one.span.end_s == other.span.end_s
