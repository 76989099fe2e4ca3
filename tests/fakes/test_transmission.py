"""Plans, without a socket: what each fault makes of a streamed and of a whole answer, byte for byte."""

from __future__ import annotations

import random
import zlib

import pytest

from fakes.faults import KINDS, Fault
from fakes.serving.http11 import Answer, render
from fakes.pace import Pace
from fakes.serving.transmission import plan

FRAMES = [b'data: {"n":0}\n\n', 'data: {"n":"é"}\n\n'.encode(), b'data: {"n":2}\n\n', b"data: [DONE]\n\n"]
SENT = b"".join(FRAMES)
BODY = '{"answer":"é"}\n'.encode()
ERROR = b"event: error\n\n"
HEADERS = [("date", "now"), ("content-type", "text/x")]
STREAM = Answer(200, HEADERS, frames=FRAMES)
WHOLE = Answer(200, HEADERS, BODY)


def planned(answer, *faults, pace=None, **options):
    chance = {"jitter/0": 0.0, "jitter/1": 1.0}
    return plan(
        answer,
        faults,
        pace,
        tokens=options.pop("tokens", 1),
        chance=lambda purpose: chance.get(purpose, 0.5),
        error_event=lambda fault: ERROR,
        **options,
    )


def joined(made):
    return b"".join(step.data for step in made.steps)


def head_of(made):
    lines = joined(made).partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return dict(line.split(": ", 1) for line in lines[1:])


def received(made):
    """What a client that reads HTTP gets: the body, and whether its end came in good form."""
    data = joined(made).partition(b"\r\n\r\n")[2]
    headers = head_of(made)
    if "content-length" in headers:
        length = int(headers["content-length"])
        return data[:length], len(data) >= length
    if "transfer-encoding" not in headers:
        return data, True
    body = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        if int(size, 16) == 0:
            return body, data == b"\r\n"
        assert data[int(size, 16) :][:2] == b"\r\n"
        body, data = body + data[: int(size, 16)], data[int(size, 16) + 2 :]
    return body, False


PLAIN = [
    STREAM,
    WHOLE,
    Answer(204, []),
    Answer(200, HEADERS, frames=[]),
    Answer(200, HEADERS, frames=[b"", b"x", b""]),
]


@pytest.mark.parametrize("answer", PLAIN)
@pytest.mark.parametrize("keep_alive", [True, False])
@pytest.mark.parametrize("version_1_0", [True, False])
@pytest.mark.parametrize("head_only", [True, False])
@pytest.mark.parametrize("pace", [None, Pace(1, 10)])
def test_without_faults_the_bytes_are_those_of_an_answer_that_is_not_planned(
    answer, keep_alive, version_1_0, head_only, pace
):
    made = planned(answer, pace=pace, keep_alive=keep_alive, version_1_0=version_1_0, head_only=head_only)
    keep = keep_alive and not (version_1_0 and answer.frames is not None)
    assert joined(made) == render(answer, head_only=head_only, keep_alive=keep, version_1_0=version_1_0)
    assert (made.ending, made.stays, made.truncated) == ("whole", keep, False)
    assert (made.length, made.struck, made.missed) == (len(joined(made)), (), ())


def test_what_waits_for_nothing_is_one_write():
    assert [len(planned(answer).steps) for answer in (STREAM, WHOLE)] == [1, 1]


# Place -> the bytes of the body before it. Without a place: before the middle event, or in the middle of the bytes.
STREAM_PLACES = [
    ({}, FRAMES[0] + FRAMES[1]),
    ({"byte": 0}, b""),
    ({"byte": 1}, SENT[:1]),
    ({"byte": len(FRAMES[0])}, FRAMES[0]),
    ({"byte": len(SENT) - 1}, SENT[:-1]),
    ({"byte": len(SENT)}, SENT),
    ({"event": 0}, b""),
    ({"event": 1}, FRAMES[0]),
    ({"event": 3}, SENT[: -len(FRAMES[3])]),
    ({"event": -1}, SENT[: -len(FRAMES[3])]),
    ({"event": -4}, b""),
]
WHOLE_PLACES = [
    ({}, BODY[: len(BODY) // 2]),
    ({"byte": 0}, b""),
    ({"byte": 12}, BODY[:12]),  # inside the é
    ({"byte": len(BODY) - 1}, BODY[:-1]),
    ({"byte": len(BODY)}, BODY),
    ({"event": 0}, b""),
    ({"event": -1}, b""),
]
PLACES = [(STREAM, *row) for row in STREAM_PLACES] + [(WHOLE, *row) for row in WHOLE_PLACES]


@pytest.mark.parametrize("answer, place, before", PLACES)
@pytest.mark.parametrize("kind", ["cut", "reset", "hang", "end"])
def test_an_answer_stops_at_its_place(answer, place, before, kind):
    made = planned(answer, Fault(kind, **place))
    said = f"{kind} {' '.join(f'{name} {value}' for name, value in place.items())}".strip()
    owed = (BODY if answer is WHOLE else SENT)[len(before) :]
    assert (made.ending, made.struck, made.missed) == (kind, (said,), ())
    assert made.stays == (kind == "end")
    assert made.truncated == bool(owed.strip())
    assert received(made) == (before, kind == "end" or (answer is WHOLE and not owed))
    if kind != "end" and answer is WHOLE:
        assert head_of(made)["content-length"] == str(len(BODY))


@pytest.mark.parametrize("answer", [STREAM, WHOLE])
@pytest.mark.parametrize("kind", ["cut", "reset", "hang"])
@pytest.mark.parametrize("head_only", [False, True])
def test_an_answer_stops_before_its_first_byte_or_behind_its_headers(answer, kind, head_only):
    silent = planned(answer, Fault(kind, at="start"), head_only=head_only)
    assert (joined(silent), silent.ending, silent.stays, silent.truncated) == (b"", kind, False, True)
    headed = planned(answer, Fault(kind, at="headers"), head_only=head_only)
    assert joined(headed) == render(answer, head_only=True)
    assert (headed.ending, headed.stays, headed.truncated) == (kind, False, not head_only)


MISSED = [
    (STREAM, Fault("cut", byte=len(SENT) + 1)),
    (STREAM, Fault("cut", event=4)),
    (STREAM, Fault("reset", event=-5)),
    (STREAM, Fault("stall", seconds=1, event=4)),
    (STREAM, Fault("split", byte=[1, len(SENT) + 1])),
    (STREAM, Fault("duplicate", event=4)),
    (STREAM, Fault("reorder", event=-1)),  # nothing follows it
    (STREAM, Fault("malformed", event=-5)),
    (STREAM, Fault("error_event", event=4)),
    (WHOLE, Fault("cut", byte=len(BODY) + 1)),
    (WHOLE, Fault("hang", event=1)),
    (WHOLE, Fault("duplicate", event=0)),  # no stream
    (WHOLE, Fault("reorder", event=0)),
    (WHOLE, Fault("error_event", event=0)),
    (WHOLE, Fault("malformed", event=1)),
    (Answer(200, []), Fault("malformed", event=0)),  # nothing to break
    (Answer(200, [], frames=[]), Fault("cut", event=0)),
]
MISSED += [
    (answer, fault, {"head_only": True})
    for answer in (STREAM, WHOLE)
    for fault in [
        *(Fault(kind) for kind in ("cut", "reset", "end", "hang", "gzip")),
        *(Fault(kind, event=0) for kind in ("duplicate", "reorder", "malformed", "error_event", "cut")),
        Fault("hang", byte=0),
        Fault("split", size=3),
        Fault("split", byte=1),
        Fault("stall", seconds=1),
        Fault("content_length", by=1),
    ]
]


@pytest.mark.parametrize("case", MISSED)
def test_a_fault_without_a_place_in_the_answer_is_told_and_changes_nothing(case):
    answer, fault, options = (*case, {})[:3]
    made = planned(answer, fault, **options)
    assert made.missed == (f"{fault.kind} {fault.place}".strip(),)
    assert (made.struck, made.ending, made.stays, made.truncated) == ((), "whole", True, False)
    assert made.steps == planned(answer, **options).steps


EDITS = [
    (STREAM, Fault("duplicate", event=0), [FRAMES[0], *FRAMES]),
    (STREAM, Fault("duplicate", event=-1), [*FRAMES, FRAMES[3]]),
    (STREAM, Fault("reorder", event=0), [FRAMES[1], FRAMES[0], *FRAMES[2:]]),
    (STREAM, Fault("reorder", event=-2), [*FRAMES[:2], FRAMES[3], FRAMES[2]]),
    (STREAM, Fault("malformed", event=1), [FRAMES[0], 'data: {"n":"é"\n\n'.encode(), *FRAMES[2:]]),
    (STREAM, Fault("malformed", event=-1), [*FRAMES[:3], b"data: [DONE\n\n"]),
    (WHOLE, Fault("malformed", event=0), ['{"answer":"é"\n'.encode()]),
    (STREAM, Fault("error_event", event=0), [ERROR]),
    (STREAM, Fault("error_event", event=2), [*FRAMES[:2], ERROR]),
    (STREAM, Fault("error_event", event=-1), [*FRAMES[:3], ERROR]),
]


@pytest.mark.parametrize("answer, fault, events", EDITS)
def test_events_are_edited_and_http_stays_in_form(answer, fault, events):
    made = planned(answer, fault)
    assert received(made) == (b"".join(events), True)
    assert (made.stays, made.struck) == (True, (f"{fault.kind} {fault.place}",))
    assert made.truncated == (fault.kind == "error_event")
    if answer is STREAM:
        assert joined(made).count(b"\r\n") - render(answer, head_only=True).count(b"\r\n") == 2 * len(events) + 2


@pytest.mark.parametrize("answer, by", [(STREAM, 5), (STREAM, -20), (STREAM, -1000), (WHOLE, 5), (WHOLE, -1), (WHOLE, -2)])
def test_a_wrong_content_length_goes_both_ways_and_ends_the_connection(answer, by):
    body = SENT if answer is STREAM else BODY
    made = planned(answer, Fault("content_length", by=by))
    assert head_of(made)["content-length"] == str(max(0, len(body) + by))
    assert "transfer-encoding" not in head_of(made)
    assert joined(made).endswith(b"\r\n\r\n" + body)
    assert (made.ending, made.stays) == ("whole", False)
    # A stream tells its own end, and white space says nothing.
    assert made.truncated == ((answer, by) not in [(STREAM, 5), (WHOLE, -1)])


def test_an_early_end_with_a_wrong_content_length_counts_from_what_is_sent():
    made = planned(WHOLE, Fault("end", byte=4), Fault("content_length", by=3))
    assert (head_of(made)["content-length"], made.stays) == ("7", False)


def chunks(made):
    return [step.data for step in made.steps]


def test_splits_break_the_body_into_writes_at_these_bytes():
    made = planned(WHOLE, Fault("split", byte=[3, 12]))
    head = render(WHOLE, head_only=True)
    assert chunks(made) == [head + BODY[:3], BODY[3:12], BODY[12:]]
    made = planned(STREAM, Fault("split", byte=[3, len(FRAMES[0]), 18]))  # in "data:", between events, in the next one
    pieces = [SENT[:3], SENT[3:15], SENT[15:18], SENT[18 : 15 + len(FRAMES[1])]]
    assert [step.apart for step in made.steps] == [True, True, True, False]
    assert joined(made) == render(STREAM, head_only=True) + b"".join(
        b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, *FRAMES[2:], b""]
    )


def test_a_size_splits_every_so_many_bytes_and_more_than_the_body_splits_nothing():
    made = planned(WHOLE, Fault("split", size=5))
    assert chunks(made)[1:] == [BODY[5:10], BODY[10:15], BODY[15:]]
    made = planned(WHOLE, Fault("split", size=1000))
    assert (len(made.steps), made.struck, made.missed) == (1, ("split size 1000",), ())


def test_two_splits_add_up_and_a_long_body_is_split_at_every_byte():
    made = planned(WHOLE, Fault("split", byte=[5]), Fault("split", byte=[2, 5, 8]))
    assert chunks(made)[1:] == [BODY[2:5], BODY[5:8], BODY[8:]]
    long = Answer(200, [], b"x" * 30_000)
    made = planned(long, Fault("split", size=1))
    assert {len(data) for data in chunks(made)[1:]} == {1} and len(made.steps) == 30_000


@pytest.mark.parametrize("answer", [STREAM, WHOLE, Answer(200, [], frames=[])])
def test_trickle_writes_every_byte_alone(answer):
    made = planned(answer, Fault("trickle"))
    assert {len(step.data) for step in made.steps} == {1} and all(step.apart for step in made.steps)
    assert joined(made) == render(answer)


def test_slow_headers_come_line_by_line():
    made = planned(STREAM, Fault("slow_headers", seconds=10), Fault("stall", at="start", seconds=3))
    assert [step.data for step in made.steps[:5]] == render(STREAM, head_only=True).splitlines(keepends=True)
    assert [step.wait for step in made.steps] == [5, 2, 2, 2, 2, 0]
    assert all(step.apart for step in made.steps[:5]) and joined(made) == render(STREAM)


STALLS = [
    (STREAM, {}, [0, 9], FRAMES[0] + FRAMES[1]),
    (STREAM, {"at": "start"}, [9], b""),
    (STREAM, {"at": "headers"}, [0, 9], b""),
    (STREAM, {"event": -1}, [0, 9], SENT[: -len(FRAMES[3])]),
    (STREAM, {"byte": 2}, [0, 9], SENT[:2]),
    (STREAM, {"byte": len(SENT)}, [0, 9], SENT),  # before the last chunk
    (WHOLE, {}, [0, 9], BODY[:8]),
    (WHOLE, {"byte": len(BODY)}, [0, 9], BODY),
]


@pytest.mark.parametrize("answer, place, waits, before", STALLS)
def test_a_stall_waits_at_its_place(answer, place, waits, before):
    made = planned(answer, Fault("stall", seconds=9, **place))
    assert [step.wait for step in made.steps] == waits
    assert received(made) == (SENT if answer is STREAM else BODY, True)
    if len(waits) == 2:
        first = joined(made._replace(steps=made.steps[:1]))
        assert received(made._replace(steps=made.steps[:1]))[0] == before and first.startswith(b"HTTP/1.1 200")


def unpacked(made):
    return zlib.decompressobj(31).decompress(received(made)[0])


@pytest.mark.parametrize("answer", [STREAM, WHOLE])
@pytest.mark.parametrize("kind", [None, "cut", "end"])
def test_gzip_decodes_to_the_same_also_when_the_answer_stops(answer, kind):
    body = SENT if answer is STREAM else BODY
    stops = [Fault(kind, byte=14)] if kind else []
    made = planned(answer, Fault("gzip"), *stops)
    assert head_of(made)["content-encoding"] == "gzip"
    assert unpacked(made) == (body[:14] if kind else body)
    assert received(made)[1] == (kind != "cut")
    if kind != "cut":
        assert zlib.decompress(received(made)[0], 31)  # with its end and checksum


def test_of_a_compressed_stream_every_event_can_be_read_when_it_is_sent():
    made = planned(STREAM, Fault("gzip"), pace=Pace(1, 1))
    packed = zlib.decompressobj(31)
    data = [step.data for step in made.steps[1:]]
    got = [packed.decompress(piece.partition(b"\r\n")[2][: int(piece.partition(b"\r\n")[0], 16)]) for piece in data]
    assert got == FRAMES


def test_gzip_takes_the_place_of_a_coding_that_was_told():
    made = planned(Answer(200, [("content-encoding", "identity")], b"x"), Fault("gzip"))
    assert joined(made).count(b"content-encoding") == 1 and unpacked(made) == b"x"


COMBINED = [  # faults, the body received, in good form, ending, struck
    ([Fault("stall", seconds=1, event=1), Fault("cut", event=1)], FRAMES[0], False, "cut", ["stall event 1", "cut event 1"]),
    ([Fault("stall", seconds=1, event=2), Fault("cut", event=1)], FRAMES[0], False, "cut", ["cut event 1"]),
    ([Fault("cut", event=1), Fault("reset", event=1)], FRAMES[0], False, "cut", ["cut event 1"]),
    ([Fault("cut", event=2), Fault("reset", event=1)], FRAMES[0], False, "reset", ["reset event 1"]),
    ([Fault("duplicate", event=0), Fault("malformed", event=0)], b'data: {"n":0\n\n' + SENT, True, "whole", ...),
    ([Fault("duplicate", event=0), Fault("cut", event=1)], FRAMES[0] * 2, False, "cut", ...),
    ([Fault("duplicate", event=2), Fault("cut", event=1)], FRAMES[0], False, "cut", ["cut event 1"]),
    ([Fault("error_event", event=1), Fault("cut", event=2)], FRAMES[0] + ERROR, True, "end", ["error_event event 1"]),
    ([Fault("error_event", event=1), Fault("error_event", event=3)], FRAMES[0] + ERROR, True, "end", ["error_event event 1"]),
    ([Fault("malformed", event=0), Fault("end", event=1)], b'data: {"n":0\n\n', True, "end", ...),
    ([Fault("split", byte=3), Fault("cut", byte=8)], SENT[:8], False, "cut", ...),
    ([Fault("split", byte=8), Fault("cut", byte=3)], SENT[:3], False, "cut", ["cut byte 3"]),
    ([Fault("trickle"), Fault("slow_headers", seconds=1)], SENT, True, "whole", ["slow_headers", "trickle"]),
    ([Fault("trickle"), Fault("hang", at="start")], b"", None, "hang", ["hang at start"]),
    ([Fault("stall", at="start", seconds=1), Fault("reset", at="start")], b"", None, "reset", ...),
    ([Fault("status", status=500), Fault("status", status=503)], SENT, True, "whole", ["status 500"]),
]


@pytest.mark.parametrize("faults, body, in_form, ending, struck", COMBINED)
def test_faults_combine(faults, body, in_form, ending, struck):
    made = planned(STREAM, *faults)
    assert made.ending == ending
    if in_form is None:
        assert joined(made) == body
    else:
        assert received(made) == (body, in_form)
    words = [f"{fault.kind} {fault.place}".strip() for fault in faults] if struck is ... else struck
    assert sorted(made.struck) == sorted(words) and made.missed == ()


def test_a_stall_before_a_cut_comes_before_the_fin():
    made = planned(STREAM, Fault("stall", seconds=7, byte=4), Fault("cut", byte=4))
    assert [(step.wait, step.data[-2:]) for step in made.steps] == [(0, b"\r\n"), (7, b"")]


def test_a_split_compressed_body_keeps_its_pieces():
    made = planned(WHOLE, Fault("split", byte=[3, 12]), Fault("gzip"))
    assert [step.apart for step in made.steps] == [True, True, False]
    assert unpacked(made) == BODY


@pytest.mark.parametrize("kind", ["cut", "end", "reset"])
def test_a_stream_of_http_1_0_ends_with_its_connection(kind):
    made = planned(STREAM, Fault(kind, event=1), version_1_0=True)
    assert received(made) == (FRAMES[0], True) and "transfer-encoding" not in head_of(made)
    assert (made.ending, made.stays, made.truncated) == (kind, False, True)


def test_a_whole_answer_of_http_1_0_can_keep_its_connection():
    made = planned(WHOLE, Fault("trickle"), version_1_0=True)
    assert made.stays and head_of(made)["connection"] == "keep-alive"


def test_a_client_that_closes_is_told_so_and_closed_whatever_the_fault():
    for fault in (Fault("trickle"), Fault("gzip"), Fault("duplicate", event=0), Fault("end")):
        made = planned(STREAM, fault, keep_alive=False)
        assert head_of(made)["connection"] == "close" and not made.stays


def test_the_pace_of_a_stream_is_a_pause_before_each_event():
    made = planned(STREAM, pace=Pace(2, 4))
    assert [step.wait for step in made.steps] == [0, 2, 0.25, 0.25, 0.25]
    assert [step.data for step in made.steps[:1]] == [render(STREAM, head_only=True)]
    assert made.steps[-1].data.endswith(b"\r\n0\r\n\r\n")  # the last chunk comes with the last event


def test_the_pace_of_a_whole_answer_is_a_pause_before_it():
    made = planned(WHOLE, pace=Pace(2, 4), tokens=9)
    assert [(step.wait, step.data) for step in made.steps] == [(4.0, render(WHOLE))]


def test_the_pause_of_an_event_is_that_of_what_takes_its_place():
    made = planned(STREAM, Fault("error_event", event=1), pace=Pace(2, 4))
    assert [step.wait for step in made.steps] == [0, 2, 0.25]
    made = planned(STREAM, Fault("reorder", event=0), pace=Pace(2, 4))
    assert [step.wait for step in made.steps] == [0, 2, 0.25, 0.25, 0.25]


def some_fault(draw):
    """Give any fault but a status; places may lie beyond the end."""
    kind = draw.choice([name for name in KINDS if name != "status"])
    takes, settings = KINDS[kind].takes, {}
    places = ["event"] if "event" in KINDS[kind].needs else sorted(takes & {"event", "byte", "at"})
    if kind == "split":
        settings = draw.choice([{"size": draw.randint(1, 9)}, {"byte": [draw.randint(1, 80) for _ in range(3)]}])
    elif places:
        numbers = {"event": draw.randint(-5, 5), "byte": draw.randint(0, 80), "at": draw.choice(["start", "headers"])}
        place = draw.choice(places)
        settings[place] = numbers[place]
    settings.update({name: value for name, value in [("seconds", 2.5), ("by", draw.choice([-9, 5]))] if name in takes})
    return Fault(kind, **settings)


def test_any_faults_together_keep_what_a_plan_promises():
    draw = random.Random(5)
    for _ in range(3000):
        answer = draw.choice([STREAM, WHOLE, *PLAIN])
        faults = [some_fault(draw) for _ in range(draw.randint(1, 4))]
        options = {name: draw.random() < share for name, share in [("keep_alive", 0.7), ("version_1_0", 0.3), ("head_only", 0.2)]}
        made = planned(answer, *faults, pace=draw.choice([None, Pace(1, 2, 0.1)]), **options)
        case = (answer.frames, faults, options)
        assert made.length == len(joined(made)) == sum(step.size for step in made.steps), case
        assert len(made.struck) + len(made.missed) <= len(faults), case
        assert all(step.data or step.wait for step in made.steps[:-1]), case
        stops = [words.split()[0] for words in made.struck if words.split()[0] in ("cut", "reset", "end", "hang")]
        assert len(stops) <= 1 and made.ending in (*stops, "whole", "end"), case
        if made.stays and not options["head_only"] and [fault.kind for fault in faults].count("content_length") < 2:
            assert received(made)[1] and options["keep_alive"] and made.ending in ("whole", "end"), case


def test_every_kind_is_tried_here():
    tried = {fault.kind for row in EDITS for fault in row if isinstance(fault, Fault)}
    tried |= {fault.kind for row in COMBINED for fault in row[0]} | {"gzip", "content_length"}
    assert tried == set(KINDS)
