"""The pool by itself, with connections that are only names."""

from __future__ import annotations

import threading

import pytest

from minichat.backends import pool as pool_module
from minichat.backends.pool import Pool
from minichat.wire.limits import Limits


class Connection:
    def __init__(self, name="", dead=False):
        self.name = name
        self.dead = dead
        self.closed = 0

    def is_dead(self):
        return self.dead

    def close(self):
        self.closed += 1


class Clock:
    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(pool_module, "time", clock)
    return clock


KEY = ("http", "a.test", 80, None, None, "trust")
OTHER = ("http", "b.test", 80, None, None, "other trust")
LIMITS = Limits()


def filled(*connections, key=KEY, limits=LIMITS):
    pool = Pool()
    for connection in connections:
        pool.give(key, connection, limits)
    return pool


def test_an_empty_pool_gives_none():
    assert Pool().take(KEY, LIMITS) is None


def test_the_newest_is_lent_first_and_only_once():
    first, second = Connection("first"), Connection("second")
    pool = filled(first, second)
    assert [pool.take(KEY, LIMITS) for _ in range(3)] == [second, first, None]
    assert first.closed == second.closed == 0


def test_another_destination_gets_nothing():
    pool = filled(Connection())
    assert pool.take(OTHER, LIMITS) is None


def test_a_dead_one_is_closed_and_the_next_is_lent():
    alive, dead = Connection("alive"), Connection("dead", dead=True)
    pool = filled(alive, dead)
    assert pool.take(KEY, LIMITS) is alive
    assert (dead.closed, alive.closed) == (1, 0)


@pytest.mark.parametrize("age, lent", [(0, True), (60, True), (60.1, False)])
def test_age_decides(clock, age, lent):
    connection = Connection()
    pool = filled(connection)
    clock.now += age
    assert pool.take(KEY, Limits(idle_seconds=60)) is (connection if lent else None)
    assert connection.closed == (0 if lent else 1)


def test_giving_one_closes_those_that_have_grown_old(clock):
    old, young = Connection("old"), Connection("young")
    pool = filled(old)
    clock.now += 61
    pool.give(KEY, young, LIMITS)
    assert (old.closed, young.closed) == (1, 0)


@pytest.mark.parametrize("bound", [0, 1, 3])
def test_the_oldest_beyond_the_bound_are_closed(bound):
    connections = [Connection(str(number)) for number in range(5)]
    limits = Limits(max_idle_connections=bound)
    pool = filled(*connections, limits=limits)
    assert [connection.closed for connection in connections] == [1] * (5 - bound) + [0] * bound
    lent = [pool.take(KEY, limits) for _ in range(bound)]
    assert lent == connections[::-1][:bound]
    assert pool.take(KEY, limits) is None


def test_the_bound_is_for_each_destination():
    one, other = Connection(), Connection()
    limits = Limits(max_idle_connections=1)
    pool = filled(one, limits=limits)
    pool.give(OTHER, other, limits)
    assert one.closed == other.closed == 0


def test_close_takes_those_of_one_trust_or_all():
    one, other = Connection(), Connection()
    pool = filled(one)
    pool.give(OTHER, other, LIMITS)
    pool.close("trust")
    assert (one.closed, other.closed) == (1, 0)
    assert pool.take(KEY, LIMITS) is None
    pool.close()
    assert (one.closed, other.closed) == (1, 1)


def test_a_closed_pool_can_be_used_again():
    pool = filled(Connection())
    pool.close()
    connection = Connection()
    pool.give(KEY, connection, LIMITS)
    assert pool.take(KEY, LIMITS) is connection


def test_another_process_starts_empty_and_closes_its_copies(monkeypatch):
    inherited = Connection()
    pool = filled(inherited)
    monkeypatch.setattr(pool_module.os, "getpid", lambda: -1)
    assert pool.take(KEY, LIMITS) is None
    assert inherited.closed == 1


def test_what_was_lent_before_the_fork_is_not_kept_after_it(monkeypatch):
    lent = Connection()
    pool = Pool()
    monkeypatch.setattr(pool_module.os, "getpid", lambda: -1)
    pool.give(KEY, lent, LIMITS)
    assert lent.closed == 1


def test_many_threads_never_hold_the_same_connection():
    pool = filled(*(Connection() for _ in range(4)), limits=Limits(max_idle_connections=4))
    limits = Limits(max_idle_connections=4)
    held = set()
    lock = threading.Lock()
    wrong = []

    def work():
        for _ in range(500):
            connection = pool.take(KEY, limits) or Connection()
            with lock:
                if connection in held or connection.closed:
                    wrong.append(connection)
                held.add(connection)
            with lock:
                held.discard(connection)
            pool.give(KEY, connection, limits)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
