"""Faults and time over real sockets: what a client sees of each, in every dialect, and what the journal says of it."""

from __future__ import annotations

import gc
import shutil
import ssl
import zlib

import pytest

import fakes
from fakes import Fault, Pace, Reply
from fakes.serving.delivery import Delivery
from fakes.faults import KINDS
from fakes.serving.http11 import Answer
from fakes.serving.transmission import plan

from .wire import DIALECTS, Got, Wire, exchange, request, until


@pytest.fixture
def virtual():
    with fakes.serve(clock="virtual") as server:
        yield server


@pytest.fixture
def held():
    with fakes.serve(clock="held") as server:
        yield server


def without_last(event):
    text = event.rstrip()
    return text[:-1].rstrip() + event[len(text) :]


# Kind -> fault, and of the plain answer's events: what is received, in good form or not, how the connection ends.
STREAMED = {
    "status": (Fault("status", status=503), None, True, "fin"),
    "cut": (Fault("cut", event=2), lambda plain: plain[:2], False, "fin"),
    "reset": (Fault("reset", event=2), lambda plain: plain[:2], False, "reset"),
    "end": (Fault("end", event=2), lambda plain: plain[:2], True, "fin"),
    "split": (Fault("split", byte=[3]), lambda plain: [plain[0][:3], plain[0][3:], *plain[1:]], True, "fin"),
    "trickle": (Fault("trickle"), lambda plain: plain, True, "fin"),
    "slow_headers": (Fault("slow_headers", seconds=60), lambda plain: plain, True, "fin"),
    "duplicate": (Fault("duplicate", event=1), lambda plain: [*plain[:2], *plain[1:]], True, "fin"),
    "reorder": (Fault("reorder", event=1), lambda plain: [plain[0], plain[2], plain[1], *plain[3:]], True, "fin"),
    "malformed": (Fault("malformed", event=1), lambda plain: [plain[0], without_last(plain[1]), *plain[2:]], True, "fin"),
    "error_event": (Fault("error_event", event=2), None, True, "fin"),
    "content_length": (Fault("content_length", by=9), None, False, "fin"),
    "gzip": (Fault("gzip"), None, True, "fin"),
    "hang": (Fault("hang", event=2), lambda plain: plain[:2], False, "open"),
    "stall": (Fault("stall", event=2, seconds=60), lambda plain: plain, True, "fin"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_fault_is_seen_in_every_dialect(virtual, dialect, kind):
    plain = exchange(virtual, dialect)
    virtual.reset()
    assert plain.in_form and plain.status == 200 and len(plain.chunks) > 3
    fault, expected, in_form, ended = STREAMED[kind]
    virtual.fault(fault)
    with Wire(virtual) as wire:
        wire.send(request(dialect, extra=b"connection: close\r\n"))
        if kind == "hang":
            until(virtual, lambda: [seen.sent == seen.length for seen in virtual.journal] == [True])
            virtual.advance(1000)
            got = wire.look()
        else:
            got = wire.read()
        (seen,) = virtual.journal
        assert (got.in_form, got.ended) == (in_form, ended)
        assert seen.faults == (f"{kind} {503 if kind == 'status' else fault.place}".strip(),)
        assert seen.sent == seen.length == len(got.data) and not virtual.problems
        assert seen.ended == {"cut": "cut", "reset": "reset", "hang": ""}.get(kind, "complete")
        assert seen.truncated == (kind in ("cut", "reset", "end", "hang", "error_event"))
    if expected is not None:
        assert (got.head, got.chunks) == (plain.head, expected(plain.chunks))
    elif kind == "status":
        assert got.status == 503 and got.body.lstrip()[:1] == b"{"
    elif kind == "error_event":
        assert got.chunks[:2] == plain.chunks[:2] and len(got.chunks) == 3 and b"error" in got.chunks[2]
    elif kind == "gzip":
        assert zlib.decompress(got.body, 31) == plain.body and got.headers["content-encoding"] == "gzip"
    else:
        assert got.body == plain.body and got.headers["content-length"] == str(len(plain.body) + 9)
    assert seen.schedule[-1] == {"stall": 60, "slow_headers": 60}.get(kind, 0)


# The same for an answer in one piece; where the kind is of streams alone, the answer is whole and a problem is noted.
WHOLE = {
    "cut": (Fault("cut"), lambda body: body[: len(body) // 2], False, "fin"),
    "reset": (Fault("reset", byte=9), lambda body: body[:9], False, "reset"),
    "end": (Fault("end", byte=9), lambda body: body[:9], True, "fin"),
    "split": (Fault("split", size=7), lambda body: body, True, "fin"),
    "trickle": (Fault("trickle"), lambda body: body, True, "fin"),
    "slow_headers": (Fault("slow_headers", seconds=60), lambda body: body, True, "fin"),
    "malformed": (Fault("malformed", event=0), without_last, True, "fin"),
    "content_length": (Fault("content_length", by=-9), lambda body: body[:-9], True, "fin"),
    "stall": (Fault("stall", at="headers", seconds=60), lambda body: body, True, "fin"),
    "duplicate": (Fault("duplicate", event=0), ...),
    "reorder": (Fault("reorder", event=0), ...),
    "error_event": (Fault("error_event", event=0), ...),
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_faults_of_an_answer_in_one_piece(virtual, dialect, kind):
    plain = exchange(virtual, dialect, stream=False).body
    virtual.reset()
    fault, expected, *rest = WHOLE[kind]
    virtual.fault(fault)
    got = exchange(virtual, dialect, stream=False)
    if expected is ...:
        assert (got.body, got.in_form) == (plain, True)
        assert virtual.problems == [f"request 1: the answer has no place for the fault {kind} event 0"]
    else:
        assert (got.body, got.in_form, got.ended) == (expected(plain), *rest)
        assert not virtual.problems


SPLITS = [  # in a character, in "data:", in CRLF (Gemini's lines end so), and everywhere
    ("openai", "é", lambda body: body.index("é".encode()) + 1),
    ("google", "é", lambda body: body.index("é".encode()) + 1),
    ("google", "Hello from fakes.", lambda body: body.index(b"data: ", 20) + 2),
    ("google", "Hello from fakes.", lambda body: body.index(b"\r\n\r\n") + 1),
    ("google", "Hello from fakes.", lambda body: body.index(b"\r\n\r\n") + 2),
    ("anthropic", "Hello", lambda body: body.index(b"event: ", 20) + 3),
]


@pytest.mark.parametrize("dialect, text, place", SPLITS)
def test_a_split_falls_where_it_was_aimed_and_its_pieces_are_chunks(virtual, dialect, text, place):
    virtual.reply(Reply(text))
    plain = exchange(virtual, dialect).body
    virtual.reset()
    offset = place(plain)
    virtual.fault(Fault("split", byte=offset))
    got = exchange(virtual, dialect)
    borders = [sum(map(len, got.chunks[:number])) for number in range(len(got.chunks) + 1)]
    assert offset in borders and got.body == plain


def test_the_pieces_of_a_split_arrive_one_by_one(held):
    held.fault(Fault("split", byte=[10, 20]), Fault("stall", byte=10, seconds=1), Fault("stall", byte=20, seconds=1))
    with Wire(held) as wire:
        wire.send(request(stream=False))
        until(held, lambda: held.journal and held.journal[0].sent)
        sizes = [len(wire.look().body)]
        for _ in range(2):
            held.advance(1)
            sizes.append(len(wire.look().body))
    assert sizes[:2] == [10, 20] and sizes[2] > 20


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("kind, at, data", [("cut", "start", b""), ("reset", "start", b""), ("hang", "start", b""), ("hang", "headers", ...)])
def test_silence_before_and_behind_the_headers(virtual, stream, kind, at, data):
    head = exchange(virtual, stream=stream).head + b"\r\n\r\n"
    virtual.reset()
    virtual.fault(Fault(kind, at=at))
    with Wire(virtual) as wire:
        wire.send(request(stream=stream, extra=b"connection: close\r\n"))
        if kind == "hang":
            until(virtual, lambda: virtual.journal and virtual.journal[0].sent == virtual.journal[0].length)
            virtual.advance(10_000)
            got = wire.look()
        else:
            got = wire.read()
        assert (got.data, got.ended) == (head if data is ... else data, {"cut": "fin", "reset": "reset", "hang": "open"}[kind])
        (seen,) = virtual.journal
        assert seen.first_byte == (None if at == "start" else 0) and seen.truncated
        assert seen.ended == ("" if kind == "hang" else kind)


def test_closing_the_server_ends_what_hangs():
    server = fakes.serve(clock="virtual")
    server.fault(Fault("hang", at="headers"))
    with Wire(server) as wire:
        wire.send(request())
        until(server, lambda: server.journal and server.journal[0].sent)
        server.close()
        assert wire.read().ended in ("fin", "reset")
        assert server.journal[0].ended == "closed"


@pytest.mark.parametrize("version, keeps", [(b"HTTP/1.0", False), (b"HTTP/1.1", True)])
def test_faults_that_keep_http_in_form_keep_the_connection_where_http_does(virtual, version, keeps):
    virtual.fault(Fault("duplicate", event=0), Fault("trickle"), Fault("stall", event=1, seconds=9))
    with Wire(virtual) as wire:
        wire.send(request(version=version))
        until(virtual, lambda: virtual.journal and virtual.journal[0].ended)
        virtual.advance(0)
        got = wire.look()
        assert (got.ended, "transfer-encoding" in got.headers) == (("open", True) if keeps else ("fin", False))
        assert got.body.endswith(b"data: [DONE]\n\n")
        if keeps:
            wire.data.clear()
            assert wire.send(request(extra=b"connection: close\r\n")).read().in_form
            assert [seen.connection for seen in virtual.journal] == [1, 1]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made by the openssl command")
@pytest.mark.parametrize("kind", ["cut", "end", "trickle", "stall", "hang", "gzip"])
def test_faults_are_seen_through_tls(kind):
    with fakes.serve(clock="virtual", tls="good") as server:
        trusting = ssl.create_default_context(cafile=server.ca_file)
        fault, expected, in_form, ended = STREAMED[kind]
        server.fault(fault)
        with Wire(server, trusting) as wire:
            wire.send(request(extra=b"connection: close\r\n"))
            until(server, lambda: server.journal and server.journal[0].sent == server.journal[0].length)
            got = wire.look() if kind == "hang" else wire.read()
        assert (got.in_form, got.ended) == (in_form, ended) and not server.problems


@pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made by the openssl command")
def test_a_slow_client_behind_tls_is_waited_for():
    with fakes.serve([Reply([fakes.Text("x" * 1_000_000)] * 12)], clock="virtual", tls="good") as server:
        server.pace(Pace(1, 1))
        with Wire(server, ssl.create_default_context(cafile=server.ca_file)) as wire:
            wire.send(request(extra=b"connection: close\r\n"))
            until(server, lambda: server.journal)
            server.advance(100)
            assert server.journal[0].sent < server.journal[0].length
            assert wire.read().in_form
        assert server.journal[0].ended == "complete"


# Time


def test_a_stall_of_an_hour_takes_no_time_on_a_virtual_clock(virtual):
    virtual.fault(Fault("stall", event=1, seconds=3600))
    got = exchange(virtual)
    (seen,) = virtual.journal
    assert got.in_form and (seen.first_byte, seen.ended_at, virtual.now()) == (0, 3600, 3600)
    assert seen.schedule == (0, 3600)


def test_a_stall_holds_until_the_clock_is_moved_and_advance_returns_when_the_bytes_are_written(held):
    plain = exchange(held)
    held.reset()
    held.fault(Fault("stall", event=1, seconds=60))
    with Wire(held) as wire:
        wire.send(request(extra=b"connection: close\r\n"))
        until(held, lambda: held.journal and held.journal[0].sent)
        sizes = []
        for seconds in (0, 59.5, 0.25, 0.25):
            held.advance(seconds)
            sizes.append(len(wire.look().body))
        assert sizes == [len(plain.chunks[0])] * 3 + [len(plain.body)]
        assert wire.ended == "fin" or wire.read().ended == "fin"
    (seen,) = held.journal
    assert (seen.ended, seen.ended_at, seen.schedule) == ("complete", 60, (0, 60))


def test_advance_writes_what_trickles_too(held):
    held.fault(Fault("trickle"), Fault("stall", byte=20, seconds=5), Fault("stall", byte=40, seconds=5))
    with Wire(held) as wire:
        wire.send(request(stream=False))
        until(held, lambda: held.journal and held.journal[0].sent and len(wire.look().body) == 20)
        held.advance(5)
        assert len(wire.look().body) == 40
        held.advance(5)
        assert wire.look().in_form
    assert held.journal[0].ended_at == 10


def test_paced_streams_take_their_turns_by_the_time_each_event_is_due(held):
    held.when(user="hi").reply("Hello from fakes.", pace=Pace(1, 1))  # events after 1, 2, 3 … 7 seconds
    held.when(user="slow").reply("Hello from fakes.", pace=Pace(2.5, 0.5))  # after 2.5, 4.5, 6.5 …
    with Wire(held) as quick, Wire(held) as slow:
        quick.send(request())
        until(held, lambda: len(held.journal) == 1)
        slow.send(request(text="slow"))
        until(held, lambda: len(held.journal) == 2)
        counts = []
        for _ in range(10):
            held.advance(1)
            counts.append((len(quick.look().chunks), len(slow.look().chunks)))
    assert counts == [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (6, 2), (7, 3), (7, 3), (7, 4), (7, 4)]


def test_a_virtual_clock_serves_many_paced_streams_at_once(virtual):
    virtual.pace(Pace(1, 10))
    wires = [Wire(virtual) for _ in range(20)]
    for wire in wires:
        wire.send(request(extra=b"connection: close\r\n"))
    bodies = [wire.read().in_form for wire in wires]
    assert all(bodies) and {seen.schedule for seen in virtual.journal} == {(0, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6)}
    for wire in wires:
        wire.socket.close()


def test_a_reset_closes_what_is_under_way_in_its_session_alone(held):
    mine, other = held.session("mine"), held.session("other")
    mine.fault(Fault("stall", event=1, seconds=60, times=1), Fault("hang", event=1))
    other.fault(Fault("stall", event=1, seconds=60))
    with Wire(held) as stalled, Wire(held) as hanging, Wire(held) as theirs:
        for number, (wire, session) in enumerate([(stalled, mine), (hanging, mine), (theirs, other)]):
            wire.send(request(key=session.key))
            until(held, lambda: len(mine.journal) + len(other.journal) == number + 1)
        seen = mine.journal
        mine.reset()
        assert [one.ended for one in seen] == ["closed", "closed"] and (mine.journal, mine.now()) == ([], 0)
        assert [wire.read().ended in ("fin", "reset") for wire in (stalled, hanging)] == [True, True]
        assert theirs.look().ended == "open" and other.journal[0].ended == ""
        other.advance(60)
        assert theirs.look().in_form
    with Wire(held) as again:
        again.send(request(key=mine.key))
        until(held, lambda: mine.journal)
        assert len(again.look().chunks) == 1 and mine.journal[0].number == 1


# Clients that leave


def alive(*names):
    gc.collect()
    return sum(type(thing).__name__ in names and type(thing).__module__.startswith("fakes.") for thing in gc.get_objects())


@pytest.mark.parametrize("clock", ["real", "held"])
@pytest.mark.parametrize("fault", [Fault("stall", event=2, seconds=3600), Fault("hang", event=2)])
def test_a_client_that_leaves_during_a_pause_frees_everything(clock, fault):
    held_back = ("Connection", "Delivery", "Plan", "Step", "Timer", "RequestParser")
    with fakes.serve(clock=clock) as server:
        server.fault(fault)
        before = alive(*held_back)
        wires = [Wire(server).send(request()) for _ in range(5)]
        until(server, lambda: len(server.journal) == 5 and all(seen.sent for seen in server.journal))
        assert alive(*held_back) > before
        counts = [len(wire.look().chunks) for wire in wires]
        for wire in wires:
            wire.socket.close()
        until(server, lambda: all(seen.hung_up for seen in server.journal))
        assert counts == [2] * 5
        assert [(seen.ended, seen.sent) for seen in server.journal] == [("client", len(wire.data)) for wire in wires]
        assert all(seen.sent < seen.length for seen in server.journal) == (fault.kind == "stall")
        until(server, lambda: alive(*held_back) <= before + 1)  # the clock may know one cancelled call


def test_a_client_that_closes_its_half_has_left_too(held):
    held.fault(Fault("stall", event=1, seconds=60))
    with Wire(held) as wire:
        wire.send(request())
        until(held, lambda: held.journal and held.journal[0].sent)
        wire.socket.shutdown(1)
        until(held, lambda: held.journal[0].hung_up)


@pytest.mark.time_limit(60)
def test_hundreds_of_slow_streams_hold_at_once(held):
    held.pace(Pace(1, 1))
    wires = [Wire(held) for _ in range(300)]
    for wire in wires:
        wire.send(request())
    until(held, lambda: len(held.journal) == 300 and all(seen.sent for seen in held.journal))
    for _ in range(7):
        held.advance(1)
    assert all(wire.look().in_form for wire in wires)
    for wire in wires:
        wire.socket.close()
    assert {seen.ended for seen in held.journal} == {"complete"} and not held.problems


# Back-pressure


BIG = "x" * 1_000_000


@pytest.mark.parametrize("paced", [True, False])
def test_a_client_that_does_not_read_is_waited_for(virtual, paced):
    virtual.reply(*[Reply([fakes.Text(BIG)] * 12)] * 2)
    if paced:
        virtual.pace(Pace(1, 1))
    plain = len(exchange(virtual).body)
    with Wire(virtual) as wire:
        wire.send(request(extra=b"connection: close\r\n"))
        until(virtual, lambda: len(virtual.journal) == 2)
        for _ in range(100):
            virtual.advance(1)
        seen = virtual.journal[-1]
        if paced:
            assert 0 < seen.sent < seen.length and not seen.ended  # no more than fits the kernel's buffers, and one event
        assert len(wire.read().body) == plain
        assert seen.sent == seen.length and seen.ended == "complete"


@pytest.mark.parametrize("paced", [True, False])
def test_a_client_that_leaves_with_bytes_unsent_is_noticed(virtual, paced):
    virtual.reply(Reply([fakes.Text(BIG)] * 12))
    if paced:
        virtual.pace(Pace(1, 1))
    with Wire(virtual) as wire:
        wire.send(request())
        until(virtual, lambda: virtual.journal and virtual.journal[0].sent)
        wire.socket.recv(1000)
    until(virtual, lambda: virtual.journal[0].hung_up)


@pytest.mark.parametrize("kind, ended", [("reset", "reset"), ("cut", "fin")])
def test_a_slow_client_sees_the_ending_too(virtual, caplog, kind, ended):
    virtual.reply(Reply([fakes.Text(BIG)] * 12, faults=[Fault(kind, event=-1)]))
    with Wire(virtual) as wire:
        wire.send(request())
        until(virtual, lambda: virtual.journal and virtual.journal[0].sent)
        got = wire.read()
    (seen,) = virtual.journal
    assert (got.ended, seen.ended, seen.sent) == (ended, kind, seen.length)
    # A reset takes with it what the client had no room for.
    assert len(got.data) == seen.length or (kind == "reset" and 0 < len(got.data) < seen.length)
    assert not caplog.records


# Pipelining


def test_requests_behind_a_slow_answer_keep_their_order(held):
    held.when(user="slow").reply("first", faults=Fault("stall", event=0, seconds=5))
    held.when(user="quick").reply("second")
    held.when(user="faulty").reply("third", faults=Fault("gzip"))
    with Wire(held) as wire:
        texts = ["slow", "quick", "faulty", "quick"]
        wire.send(b"".join(request(text=text, stream=False) for text in texts))
        until(held, lambda: held.journal and held.journal[0].sent)
        held.advance(4.9)
        assert (wire.look().body, len(held.journal)) == (b"", 1)
        held.advance(0.1)
        data = wire.look().data
        assert [seen.ask.user for seen in held.journal] == texts
    assert data.count(b"HTTP/1.1 200 OK") == 4 and data.index(b"first") < data.index(b"second") < data.rindex(b"second")


def test_a_thousand_pipelined_answers_with_faults_do_not_pile_up(virtual):
    virtual.fault(Fault("gzip"))
    count = 1500
    with Wire(virtual) as wire:
        wire.send(request(stream=False) * count + request(stream=False, extra=b"connection: close\r\n"))
        data = wire.read().data
    assert data.count(b"HTTP/1.1 200 OK") == count + 1 and not virtual.problems


def test_an_interim_answer_waits_for_the_slow_answer_before_it(held):
    held.fault(Fault("stall", byte=30, seconds=5, times=1))
    later = request(stream=False, extra=b"expect: 100-continue\r\n")
    head, body = later.split(b"\r\n\r\n", 1)
    with Wire(held) as wire:
        wire.send(request(stream=False) + head + b"\r\n\r\n")
        until(held, lambda: held.journal and held.journal[0].sent)
        held.advance(4)
        assert b"100 Continue" not in wire.look().data
        held.advance(1)
        data = wire.look().data
        assert data.endswith(b"HTTP/1.1 100 Continue\r\n\r\n") and Got(data, "").in_form
        wire.send(body)
        until(held, lambda: len(held.journal) == 2)
        assert wire.look().data.count(b"200 OK") == 2


# Behind an answer that hangs: how much a client can send of large and of small requests, before it is not read from.
AHEAD = [("y" * 1_000_000, 30 << 20, 150 << 20), ("y", 1 << 18, 40 << 20)]


@pytest.mark.parametrize("text, least, most", AHEAD)
def test_a_client_that_sends_far_ahead_of_a_slow_answer_is_not_read_from(held, text, least, most):
    held.fault(Fault("hang", at="start"))
    later = request(stream=False, text=text) * (1_000_000 // len(text) // 1000 + 1)
    with Wire(held) as wire:
        wire.send(request(stream=False))
        until(held, lambda: held.journal)
        wire.socket.setblocking(False)
        sent = refused = 0
        while sent < 2 * most and refused < 30:
            try:
                sent += wire.socket.send(later)
                refused = 0
            except BlockingIOError:
                refused += 1
                held.advance(0)  # the server reads meanwhile, if it does
    assert least < sent < most and len(held.journal) == 1


# Failures of our own


class Broken:
    """A transport that fails."""

    def get_extra_info(self, name):
        return None

    def set_write_buffer_limits(self, **limits):
        pass

    def write(self, data):
        raise RuntimeError("no such luck")


class Owner:
    full = False
    problem = None

    def failed(self, problem):
        self.problem = problem


def test_a_delivery_that_fails_tells_its_owner_and_is_over():
    class Seen:
        ended, sent, first_byte, ended_at = "", 0, None, None

    clock, owner, seen = fakes.clock.Clock("held"), Owner(), Seen()
    made = plan(Answer(200, [], b"x"), (), None, tokens=1, chance=lambda purpose: 0, error_event=lambda fault: b"")
    delivery = Delivery(Broken(), made, clock, seen, owner)
    delivery.go_on()
    assert str(owner.problem) == "no such luck" and not clock.closing
    delivery.go_on()
    delivery.stop("client")


def test_an_error_event_that_cannot_be_made_ends_its_connection_and_nothing_else(virtual, monkeypatch, capfd):
    def fails(error, api, moment):
        raise RuntimeError("no words for it")

    monkeypatch.setattr("fakes.openai.error_event", fails)
    virtual.fault(Fault("error_event", event=1, times=1))
    got = exchange(virtual)
    assert got.data == b"" and got.ended in ("fin", "reset")
    assert virtual.problems == ["while answering: RuntimeError: no words for it"]
    assert "no words for it" in capfd.readouterr().err and virtual.journal[0].ended == "closed"
    assert exchange(virtual).in_form
