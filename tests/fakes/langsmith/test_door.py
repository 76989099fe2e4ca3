"""How fast a password may be guessed, by the table's own clock and over a socket."""

from __future__ import annotations

import base64
import http.client
from urllib.parse import urlsplit

import pytest

import fakes.langsmith
from fakes.langsmith.door import FREE, LONGEST, MOST, QUIET, REMEMBERED, Door, Shut
from fakes.langsmith.store import Store


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def door(clock):
    return Door("swordfish", clock)


def guess(door, said, address="192.0.2.1"):
    """Give "open", False, or how many seconds the address has to wait."""
    try:
        return door.opens([said] if isinstance(said, str) else said, lambda: address) and "open"
    except Shut as shut:
        assert f"{shut.wait} s" in str(shut) and shut.status == 429
        return shut.wait


def wrong(door, times, address="192.0.2.1"):
    return [guess(door, f"guess {n}", address) for n in range(times)]


def test_a_wait_doubles_to_its_longest(door, clock):
    assert wrong(door, FREE + 1) == [False] * (FREE + 1)
    waits = []
    for n in range(9):
        waits.append(guess(door, "swordfish"))  # the right one, too
        clock.now += waits[-1] - 0.5
        assert guess(door, f"more {n}") == 1
        clock.now += 0.5
        assert guess(door, f"more {n}") is False
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST]


def test_the_right_one_opens_after_the_wait_and_what_was_wrong_stays_counted(door, clock):
    wrong(door, FREE + 3)
    clock.now += LONGEST
    assert guess(door, "swordfish") == "open"
    assert guess(door, "one more") is False and guess(door, "swordfish") == 2


def test_the_same_wrong_one_again_is_no_guess(door):
    assert {guess(door, "old password") for _ in range(FREE * 10)} == {False}
    assert guess(door, "swordfish") == "open"
    assert wrong(door, FREE) == [False] * FREE
    assert guess(door, "swordfish") == 1


def test_the_same_wrong_one_does_not_prolong_a_wait(door, clock):
    wrong(door, FREE + 1)
    clock.now += 1
    assert guess(door, f"guess {FREE}") is False and guess(door, "swordfish") == "open"


def test_no_password_is_no_guess(door):
    for said in ([], [""], ["", ""]):
        assert {guess(door, said) for _ in range(FREE * 3)} == {False}
    assert guess(door, "swordfish") == "open"


def test_two_passwords_in_one_request_are_two_guesses(door):
    for n in range(FREE // 2 + 1):
        assert guess(door, [f"a {n}", f"b {n}", f"a {n}"]) is False
    assert guess(door, "swordfish") == 2
    assert guess(Door("b"), ["a", "b"]) == "open"


@pytest.mark.parametrize("first, second, one", [
    ("192.0.2.1", "192.0.2.2", False), ("2001:db8::1", "2001:db8::ffff:1", True), ("fe80::1%eth0", "fe80::2%e1", True),
    ("2001:db8::1", "2001:db8:0:1::1", False), ("::ffff:192.0.2.1", "192.0.2.1", True), ("", "", True),
])  # fmt: skip
def test_what_counts_as_one_address(door, first, second, one):
    wrong(door, FREE + 1, first)
    assert guess(door, "swordfish", second) == (1 if one else "open")


def test_an_hour_of_quiet_begins_anew(door, clock):
    wrong(door, FREE + 5)
    clock.now += QUIET + 1
    assert wrong(door, FREE) == [False] * FREE and guess(door, "swordfish") == "open"


def test_the_table_is_bounded_and_forgets_who_was_wrong_longest_ago(door):
    wrong(door, FREE + 1, "192.0.2.1")
    for n in range(MOST - 1):
        guess(door, "x", f"10.0.{n // 250}.{n % 250}")
    assert guess(door, "swordfish", "192.0.2.1") == 1 and len(door._tries) == MOST
    guess(door, "x", "198.51.100.1")
    assert guess(door, "swordfish", "192.0.2.1") == "open"


def test_who_is_wrong_again_is_not_the_first_to_be_forgotten(door):
    guess(door, "x", "192.0.2.1")
    for n in range(MOST - 1):
        guess(door, "x", f"10.0.{n // 250}.{n % 250}")
    wrong(door, FREE + 1, "192.0.2.1")
    guess(door, "x", "198.51.100.1")
    assert guess(door, "swordfish", "192.0.2.1") == 1


def test_quiet_is_counted_from_the_latest_wrong_one(door, clock):
    wrong(door, FREE)
    for more in ("one", "two"):
        clock.now += QUIET
        assert guess(door, more) is False and guess(door, "swordfish") != "open"


def test_the_latest_wrong_ones_are_known_again_and_no_more(door, clock):
    for n in range(REMEMBERED):
        clock.now += LONGEST
        guess(door, f"guess {n}")
    clock.now += LONGEST
    assert wrong(door, REMEMBERED) == [False] * REMEMBERED and guess(door, "swordfish") == "open"
    guess(door, "new")
    assert max(len(tries.known) for tries in door._tries.values()) == REMEMBERED


def test_a_wait_is_told_rounded_up(door, clock):
    wrong(door, FREE + 1)
    clock.now += 1
    guess(door, "one more")
    clock.now += 0.4
    assert guess(door, "swordfish") == 2


@pytest.mark.parametrize("said", ["swordfis", "swordfishes", "Swordfish", " swordfish", "swordfish\0"])
def test_nothing_but_the_password_opens(door, said):
    assert guess(door, said) is False and guess(door, "swordfish") == "open"


def test_a_password_of_half_a_letter_is_wrong_and_no_error(door):
    assert guess(door, "\ud800") is False and guess(Door("ü"), "ü") == "open"


def test_an_address_is_asked_only_where_it_matters():
    assert Door("a").opens(["a"], lambda: pytest.fail("asked")) is True
    assert Door("a").opens([], lambda: pytest.fail("asked")) is False


def test_no_password_is_remembered_as_it_was_said(door):
    wrong(door, 3)
    assert "guess" not in repr([vars(tries) for tries in door._tries.values()])


def ask(server, path, **headers):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers["retry-after"]
    finally:
        connection.close()


def basic(password):
    return "Basic " + base64.b64encode(f"me:{password}".encode()).decode()


@pytest.mark.parametrize("path, how", [
    *[(path, how) for path in ("/info", "/api/v1/sessions") for how in (
        lambda said: {"x_api_key": f"lsv2_fake_{said}"}, lambda said: {"x_api_key": said},
        lambda said: {"authorization": f"Bearer {said}"}, lambda said: {"authorization": basic(said)})],
    ("/projects", lambda said: {"authorization": basic(said)}),
])  # fmt: skip
def test_over_a_socket_guesses_are_slowed_down_for_page_and_api_alike(path, how):
    with fakes.langsmith.serve(password="swordfish") as server:
        server._site.door = Door("swordfish", Clock())
        assert [ask(server, path, **how(f"guess{n}")) for n in range(FREE + 1)] == [(401, None)] * (FREE + 1)
        for shut, headers in (
            ("/info", {"x_api_key": server.key}), ("/info", {"authorization": basic("swordfish")}),
            ("/projects", {"authorization": basic("swordfish")}),
        ):  # fmt: skip
            assert ask(server, shut, **headers) == (429, "1")
        assert ask(server, "/info")[0] == 401  # who says nothing is asked for it
        server._site.door._clock.now += 1
        assert ask(server, path, **how("swordfish"))[0] == 200


def test_over_a_socket_a_program_that_is_set_up_wrongly_shuts_nobody_out():
    with fakes.langsmith.serve(password="swordfish") as server:
        assert {ask(server, "/info", x_api_key="lsv2_fake_key") for _ in range(3 * FREE)} == {(401, None)}
        assert ask(server, "/info", x_api_key=server.key)[0] == 200


def test_a_password_that_begins_like_a_key_opens():
    with fakes.langsmith.serve(password="lsv2_fake_x") as server:
        assert ask(server, "/info", x_api_key="lsv2_fake_x")[0] == 200
        assert ask(server, "/info", x_api_key=server.key)[0] == 200
        assert ask(server, "/info", x_api_key="x")[0] == 401


def test_over_a_socket_each_address_is_counted_by_itself():
    with fakes.langsmith.serve(password="swordfish") as server:
        ask(server, "/info", x_api_key="lsv2_fake_x")
        assert list(server._site.door._tries) == ["127.0.0.1"]


@pytest.mark.parametrize("password", ["", 123, b"swordfish"])
def test_what_cannot_be_a_password_is_refused_and_leaves_nothing_open(password, monkeypatch):
    class Noted(Store):
        def close(self):
            closed.append(self)
            super().close()

    closed = []
    monkeypatch.setattr("fakes.langsmith.server.Store", Noted)
    with pytest.raises(ValueError, match="password: must be a text that is not empty"):
        fakes.langsmith.serve(password=password)
    assert len(closed) == 1
