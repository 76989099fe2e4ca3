"""The clock alone: what is called when, under each of its kinds."""

from __future__ import annotations

import asyncio

import pytest

from fakes.clock import MOST_DEAD, Clock


async def turns(count=50):
    for _ in range(count):
        await asyncio.sleep(0)


class Player:
    """Calls itself at each of its times, as an answer does, and notes name and time."""

    def __init__(self, clock, name, times, notes):
        self.clock, self.name, self.times, self.notes = clock, name, list(times), notes
        self.next()

    def next(self):
        if self.times:
            self.clock.at(self.times[0], self.played)

    def played(self):
        self.notes.append((self.name, self.times.pop(0), round(self.clock.now(), 6)))
        self.next()


A, B = [1, 2, 2, 5], [0.5, 2, 4.5, 60]
ORDER = [("b", 0.5), ("a", 1), ("b", 2), ("a", 2), ("a", 2), ("b", 4.5), ("a", 5), ("b", 60)]


def test_a_virtual_clock_makes_each_call_in_its_order_and_waits_for_none():
    async def main():
        clock, notes = Clock("virtual"), []
        Player(clock, "a", A, notes)
        Player(clock, "b", B, notes)
        await turns()
        return clock.now(), notes

    now, notes = asyncio.run(main())
    # Two that are due at the same time come in the order in which they were asked for.
    assert [note[:2] for note in notes] == ORDER
    assert now == 60 and all(due == at for _, due, at in notes)


def test_a_held_clock_makes_no_call_until_it_is_moved_and_then_all_before_advance_returns():
    async def main():
        clock, notes = Clock("held"), []
        Player(clock, "a", A, notes)
        Player(clock, "b", B, notes)
        await turns()
        seen = [list(notes)]
        for seconds in (0.4, 0.1, 1.5, 2.5, 3, 52.5):
            clock.advance(seconds)
            seen.append([note[:2] for note in notes])
        assert all(due == at for _, due, at in notes)
        return clock.now(), seen

    now, seen = asyncio.run(main())
    assert seen == [[], [], ORDER[:1], ORDER[:5], ORDER[:6], ORDER[:7], ORDER]
    assert now == 60


def test_a_real_clock_calls_in_time_and_can_be_moved():
    async def main():
        clock, notes = Clock("real"), []
        done = asyncio.Event()
        clock.at(3600, lambda: notes.append("hour"))
        clock.at(0.02, lambda: (notes.append("soon"), done.set()))
        clock.at(0.01, lambda: notes.append("sooner"))
        await done.wait()
        assert notes == ["sooner", "soon"] and 0.02 <= clock.now() < 3600
        clock.advance(3600)
        assert notes == ["sooner", "soon", "hour"] and clock.now() >= 3600
        clock.at(clock.now() + 3600.01, done.set)
        clock.advance(3600)
        done.clear()
        await done.wait()  # the wake-up knows that the clock was moved

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["real", "virtual", "held"])
def test_what_is_due_now_comes_in_a_later_turn_without_waiting(kind):
    async def main():
        clock, notes = Clock(kind), []

        def again():
            notes.append(clock.now())
            if len(notes) < 20:
                clock.at(clock.now(), again)

        clock.at(clock.now(), again)
        assert notes == []
        elsewhere = 0
        while len(notes) < 20:
            await asyncio.sleep(0)
            elsewhere += 1
        return elsewhere, clock.now()

    elsewhere, now = asyncio.run(main())
    assert elsewhere >= 20  # the loop went round between any two
    assert kind == "real" or now == 0


def test_a_virtual_clock_does_not_go_on_while_something_is_due_now():
    async def main():
        clock, notes = Clock("virtual"), []
        clock.at(9, lambda: notes.append("later"))
        left = [3]

        def again():
            notes.append(clock.now())
            left[0] -= 1
            clock.at(clock.now() if left[0] else 2, again if left[0] >= 0 else lambda: None)

        clock.at(1, again)
        await turns()
        return notes

    assert asyncio.run(main()) == [1, 1, 1, 2, "later"]


@pytest.mark.parametrize("kind", ["real", "virtual", "held"])
def test_a_cancelled_call_is_not_made_and_moves_no_clock(kind):
    async def main():
        clock, notes = Clock(kind), []
        timers = [clock.at(number, lambda: notes.append("called")) for number in range(1, 4)]
        for timer in timers:
            timer.cancel()
            timer.cancel()
        await turns()
        assert kind == "real" or clock.now() == 0
        clock.advance(10)
        return notes

    assert asyncio.run(main()) == []


def test_many_cancelled_calls_are_not_kept():
    async def main():
        clock = Clock("held")
        kept = clock.at(5, lambda: None)
        for _ in range(10 * MOST_DEAD):
            clock.at(10, lambda: None).cancel()
        assert len(clock._due) <= MOST_DEAD + 2 and kept.call is not None

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["real", "virtual", "held"])
def test_stop_ends_what_is_played_and_forgets_what_is_due(kind):
    async def main():
        clock, notes = Clock(kind), []
        clock.at(0, lambda: notes.append("called"))
        clock.closing.add(lambda: notes.append("closed"))
        clock.stop()
        clock.stop()
        await turns()
        clock.advance(10)
        return notes

    assert asyncio.run(main()) == ["closed"]


def test_a_call_that_fails_leaves_the_clock_going():
    async def main():
        clock, notes = Clock("held"), []

        def fails():
            raise RuntimeError("ours")

        clock.at(1, fails)
        clock.at(2, lambda: notes.append("second"))
        with pytest.raises(RuntimeError):
            clock.advance(5)
        clock.advance(5)
        return notes

    assert asyncio.run(main()) == ["second"]


def test_a_kind_that_is_none_is_named():
    with pytest.raises(ValueError, match="clock is one of real, virtual, held, not 'slow'"):
        Clock("slow")
