from __future__ import annotations

import contextlib
import gc
import threading

import pytest

from emotion.errors import LiveError, SettingsError
from emotion.live.admission import IDLE_S, Seats, visitors_at_once
from tests.live.cameras import Clock


class Holder:
    """An object that can be garbage-collected."""


def test_a_session_over_the_limit_is_refused_until_a_seat_is_free():
    seats, holders = Seats(lambda: 2), [Holder(), Holder(), Holder()]
    first, _ = seats.take(holders[0]), seats.take(holders[1])
    with pytest.raises(LiveError, match=r"Sorry, all 2 places are taken .* try again"):
        seats.take(holders[2])
    first.release()
    seats.take(holders[2])
    assert seats.taken == 2
    first.release()
    assert seats.taken == 2, "leaving twice frees no other seat"


def test_a_seat_of_a_collected_session_is_freed():
    seats, holder = Seats(lambda: 1), Holder()
    seats.take(holder)
    with pytest.raises(LiveError, match="the only place is taken"):
        seats.take(Holder())
    del holder
    gc.collect()
    assert seats.taken == 0


def test_an_idle_session_loses_its_seat_only_if_another_waits(clock: Clock):
    seats, silent, lively, third = Seats(lambda: 2, clock), Holder(), Holder(), Holder()
    quiet, loud = seats.take(silent), seats.take(lively)
    clock.now_s += IDLE_S + 1
    loud.refresh()
    quiet.refresh()
    clock.now_s += IDLE_S - 1
    loud.refresh()
    with pytest.raises(LiveError):
        seats.take(third)
    clock.now_s += 2
    seats.take(third)
    loud.refresh()
    with pytest.raises(LiveError, match="place was released"):
        quiet.refresh()


def test_a_seat_may_be_freed_while_idle_ones_are_looked_for(clock: Clock):
    held = []

    def freeing_clock() -> float:
        """Free a seat, as garbage collection may at any moment."""
        if len(held) == 2:
            held[0].release()
        return clock()

    seats, holders = Seats(lambda: 2, freeing_clock), [Holder() for _ in range(3)]
    for holder in holders[:2]:
        held.append(seats.take(holder))
    clock.now_s += IDLE_S + 1
    seats.take(holders[2])
    assert seats.taken == 2


def test_the_longest_idle_session_loses_its_seat_first(clock: Clock):
    seats, holders, held = Seats(lambda: 3, clock), [Holder() for _ in range(4)], []
    for holder in holders[:3]:
        held.append(seats.take(holder))
        clock.now_s += 1
    clock.now_s += IDLE_S
    seats.take(holders[3])
    with pytest.raises(LiveError, match="place was released"):
        held[0].refresh()
    held[1].refresh()
    held[2].refresh()
    assert seats.taken == 3


def test_the_limit_holds_for_concurrent_requests():
    seats, holders, together, got = Seats(lambda: 3), [Holder() for _ in range(12)], threading.Barrier(12), []

    def ask(holder: Holder) -> None:
        together.wait()
        with contextlib.suppress(LiveError):
            got.append(seats.take(holder))

    threads = [threading.Thread(target=ask, args=(holder,)) for holder in holders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == seats.taken == 3


def test_the_setting_sets_the_limit(monkeypatch):
    monkeypatch.delenv("EMOTION_LIVE_VISITORS", raising=False)
    assert visitors_at_once() >= 1
    monkeypatch.setenv("EMOTION_LIVE_VISITORS", "7")
    assert visitors_at_once() == 7
    assert Seats().limit == 7


@pytest.mark.parametrize("wrong", ["0", "-1", "many", "1.5"])
def test_an_invalid_setting_is_refused(monkeypatch, wrong):
    monkeypatch.setenv("EMOTION_LIVE_VISITORS", wrong)
    with pytest.raises(SettingsError, match="EMOTION_LIVE_VISITORS"):
        visitors_at_once()
