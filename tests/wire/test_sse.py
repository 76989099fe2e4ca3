"""Event streams by table: each row whole, byte by byte, cut at every offset, with each kind of line end."""

import random

import pytest

from minichat.errors import ProtocolError
from minichat.wire.sse import MAX_EVENT_BYTES, ServerSentEvent, SSEDecoder

Event = ServerSentEvent

# name, bytes with LF, events, then the stream's state: last_event_id, retry, pending.
STREAMS = [
    ("nothing", b"", [], "", None, b""),
    ("empty lines", b"\n\n\n\n\n", [], "", None, b""),
    ("one", b"data: x\n\n", [Event("x")], "", None, b""),
    ("many", b"data: a\n\ndata: b\n\ndata: c\n\n", [Event("a"), Event("b"), Event("c")], "", None, b""),
    ("more empty lines", b"\ndata: a\n\n\ndata: b\n\n\n\n", [Event("a"), Event("b")], "", None, b""),
    ("unfinished line", b"data: a\n\ndata: b", [Event("a")], "", None, b"data: b"),
    ("unfinished event", b"data: a\n\ndata: b\n", [Event("a")], "", None, b"data: b\n"),
    # The five examples of WHATWG HTML, 9.2.6.
    ("standard: stocks", b"data: YHOO\ndata: +2\ndata: 10\n\n", [Event("YHOO\n+2\n10")], "", None, b""),
    (
        "standard: four blocks",
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
        [Event("first event", id="1"), Event("second event")],
        "",
        None,
        b"data:  third event\n",
    ),
    ("standard: empty and newline", b"data\n\ndata\ndata\n\ndata:", [Event(""), Event("\n")], "", None, b"data:"),
    ("standard: space", b"data:test\n\ndata: test\n\n", [Event("test"), Event("test")], "", None, b""),
    ("standard: named", b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
     [Event("73857293", "add"), Event("2153", "remove"), Event("113411", "add")], "", None, b""),
    ("second space stays", b"data:  x\n\ndata:\tx\n\ndata: x \n\n", [Event(" x"), Event("\tx"), Event("x ")], "", None, b""),
    ("colons in data", b"data: a: b\n\ndata::\n\n", [Event("a: b"), Event(":")], "", None, b""),
    ("empty data", b"data: \n\ndata:\n\ndata: x\n\n", [Event(""), Event(""), Event("x")], "", None, b""),
    ("empty data, named", b"event: e\ndata: \n\n", [Event("", "e")], "", None, b""),
    ("comments", b": hi\ndata: x\n:\n\n:only\n\n:data: no\n\n", [Event("x")], "", None, b""),
    ("comment between", b"data: a\n\n: ping\n\ndata: b\n\n", [Event("a"), Event("b")], "", None, b""),
    ("no data, no event", b"event: a\n\ndata: x\n\n", [Event("x")], "", None, b""),
    ("name after data", b"data: x\nevent: a\n\n", [Event("x", "a")], "", None, b""),
    ("last name counts", b"event: a\nevent: b\ndata: x\n\n", [Event("x", "b")], "", None, b""),
    ("empty name", b"event: \ndata: x\n\nevent:\ndata: y\n\nevent\ndata: z\n\n", [Event("x"), Event("y"), Event("z")], "", None, b""),
    ("name without space", b"event:a\ndata:x\n\n", [Event("x", "a")], "", None, b""),
    ("name with spaces", b"event:  a \ndata: x\n\n", [Event("x", " a ")], "", None, b""),
    ("name and two data", b"event: a\ndata: x\ndata: y\n\n", [Event("x\ny", "a")], "", None, b""),
    ("name, field, data", b"event: a\nfoo: b\ndata: y\n\n", [Event("y", "a")], "", None, b""),
    ("unknown fields", b"dat: a\ndataa: b\nDATA: c\n data: d\ndata : e\nfoo\n\n", [], "", None, b""),
    ("ids", b"id: 7\ndata: x\n\ndata: y\n\nid\ndata: z\n\n", [Event("x", id="7"), Event("y", id="7"), Event("z")], "", None, b""),
    ("id in the fast shape's way", b"data: w\n\nid: 7\ndata: x\n\ndata: y\n\nevent: e\ndata: z\n\n",
     [Event("w"), Event("x", id="7"), Event("y", id="7"), Event("z", "e", "7")], "7", None, b""),
    ("id without data", b"id: 7\n\ndata: x\n\n", [Event("x", id="7")], "7", None, b""),
    ("id with NUL", b"id: 7\ndata: x\n\nid: 8\0\ndata: y\n\n", [Event("x", id="7"), Event("y", id="7")], "7", None, b""),
    ("id of an unfinished event", b"id: 7\n\nid: 8\ndata: x\n", [], "7", None, b"id: 8\ndata: x\n"),
    ("retry", b"retry: 3000\ndata: x\n\ndata: y\n\n", [Event("x", retry=3000), Event("y")], "", 3000, b""),
    ("retry alone", b"retry:10\n\n", [], "", 10, b""),
    ("retry unfinished", b"retry: 10\nretry: 20", [], "", 10, b"retry: 10\nretry: 20"),
    ("retry of no digits", b"retry: -1\nretry: 1.5\nretry: 1e3\nretry: \nretry: \xc2\xb2\nretry: 1 \ndata: x\n\n",
     [Event("x")], "", None, b""),
    ("retry of very many digits", b"retry: " + b"9" * 5000 + b"\ndata: x\n\n", [Event("x")], "", None, b""),
    ("NUL in data", b"data: a\0b\n\n", [Event("a\0b")], "", None, b""),
    ("UTF-8", "data: h\u00e9 \u20ac \U0001f600 \u2028 \x85 \x0b \x0c \x1c\n\n".encode(),
     [Event("h\u00e9 \u20ac \U0001f600 \u2028 \x85 \x0b \x0c \x1c")], "", None, b""),
    ("UTF-8 name", "event: \u00e9\ndata: x\n\n".encode(), [Event("x", "\u00e9")], "", None, b""),
    ("bad UTF-8", b"data: a\xffb\n\ndata: \xe2\x82\n\ndata: \xf0\x9f\x98x\n\ndata: \xc0\xaf\n\n",
     [Event("a\ufffdb"), Event("\ufffd"), Event("\ufffdx"), Event("\ufffd\ufffd")], "", None, b""),
    ("BOM inside", b"data: x\n\n\xef\xbb\xbfdata: y\n\ndata: \xef\xbb\xbfz\n\n", [Event("x"), Event("\ufeffz")], "", None, b""),
    ("half a BOM", b"\xef\xbb", [], "", None, b"\xef\xbb"),
    ("BOM cut short", b"\xef\xbbdata: x\n\ndata: y\n\n", [Event("y")], "", None, b""),
]  # fmt: skip

ENDS = {"LF": b"\n", "CR": b"\r", "CRLF": b"\r\n"}
BOM = b"\xef\xbb\xbf"


def splits(data):
    yield [data]
    yield [data[i : i + 1] for i in range(len(data))]
    for i in range(len(data) + 1) if len(data) < 1000 else range(0, len(data), 97):
        yield [data[:i], data[i:]]


def run(blocks, **limits):
    """Feed a stream; give the decoder, the events, and the error if there was one."""
    decoder = SSEDecoder(**limits)
    events = []
    try:
        for block in blocks:
            events += decoder.feed(block)
        assert decoder.close() == [] and decoder.close() == []
    except ProtocolError as problem:
        for answer in (decoder.close, lambda: decoder.feed(b"data: x\n\n")):
            with pytest.raises(ProtocolError) as again:
                answer()
            assert again.value is problem
        return decoder, events, problem
    return decoder, events, None


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("row", STREAMS, ids=[row[0] for row in STREAMS])
def test_a_stream_gives_the_same_events_however_it_is_cut_and_its_lines_end(row, end):
    name, data, events, last_event_id, retry, pending = row
    data = data.replace(b"\n", ENDS[end])
    openings = [b""] if "half a BOM" in name else [b"", BOM]
    for opening in openings:
        for blocks in splits(opening + data):
            decoder, got, error = run(blocks)
            assert error is None
            assert got == events, blocks
            assert (decoder.last_event_id, decoder.retry) == (last_event_id, retry)
            assert decoder.pending == pending, blocks


def test_mixed_line_ends_are_three_line_ends():
    data = b"data: a\r\ndata: b\rdata: c\n\rdata: d\n\n\rdata: e\r\n\ndata: f\r\r\n"
    want = [Event("a\nb\nc"), Event("d"), Event("e"), Event("f")]
    for blocks in splits(data):
        assert run(blocks)[1] == want, blocks


def test_an_event_comes_with_the_last_byte_that_it_needs():
    for data in (b"data: x\n\n", b"data: x\r\r", b"data: x\r\n\r", b"data: x\n\r", b"event: a\rdata: x\r\n\r"):
        decoder = SSEDecoder()
        for byte in data[:-1]:
            assert decoder.feed(bytes([byte])) == []
        assert [event.data for event in decoder.feed(data[-1:])] == ["x"]
        assert decoder.feed(b"\n") == []  # belongs to the CR, or is an empty line
        assert decoder.pending == b""
        assert decoder.feed(b"data: y\n\n") == [Event("y")]


def test_a_line_feed_is_dropped_only_right_behind_a_carriage_return():
    decoder = SSEDecoder()
    assert decoder.feed(b"data: x\r") == []
    assert decoder.feed(b"") == []
    assert decoder.feed(b"\n") == []
    assert decoder.feed(b"\n") == [Event("x")]


def test_feeding_a_closed_stream_is_a_mistake_that_is_told():
    decoder = SSEDecoder()
    decoder.feed(b"data: x")
    assert decoder.close() == []
    assert decoder.pending == b"data: x"
    with pytest.raises(ValueError, match="close"):
        decoder.feed(b"\n\n")


def test_an_event_shows_what_it_has_and_equals_its_like():
    event = Event("x", "a", "1", 5)
    assert repr(event) == "ServerSentEvent('x', event='a', id='1', retry=5)"
    assert repr(Event("x")) == "ServerSentEvent('x')"
    assert event == Event(data="x", event="a", id="1", retry=5)
    for other in (Event("y", "a", "1", 5), Event("x", "b", "1", 5), Event("x", "a", "2", 5), Event("x", "a", "1"), "x"):
        assert event != other
    with pytest.raises(TypeError):
        hash(event)


# name, stream, how large its largest event is, the events before that one
LIMITS = [
    ("alone", b"data: 12345\n\n", 12, []),
    ("behind others", b"data: 1\n\ndata: 2\n\nevent: a\ndata: 345\n\ndata: 6\n\n", 19, [Event("1"), Event("2")]),
    ("behind empty lines", b"\n\n\ndata: 1\n\n\n\n\ndata: 23\n\n", 9, [Event("1")]),
    ("comment", b"data: 1\n\n: 0123456789\n\ndata: 2\n\n", 13, [Event("1")]),
    ("characters of many bytes", "data: \u20ac\u20ac\n\n".encode(), 13, []),
    ("many lines", b"data: 1\n\n" + b"data: 2\n" * 5 + b"\n", 40, [Event("1")]),
    ("unfinished", b"data: 1\n\ndata: 23456789\n", 15, [Event("1")]),
]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name, data, size, before", LIMITS, ids=[row[0] for row in LIMITS])
def test_an_event_over_the_limit_is_refused_after_the_events_before_it(name, data, size, before, end):
    data = data.replace(b"\n", ENDS[end])
    for blocks in splits(data):
        decoder, events, error = run(blocks, max_event_bytes=size)
        assert error is None and events[: len(before)] == before, blocks
        decoder, events, error = run(blocks, max_event_bytes=size - 1)
        assert events == before, blocks
        assert "max_event_bytes" in str(error) and str(size - 1) in str(error)
        assert error.raw and len(error.raw) <= 200


def test_the_error_behind_good_events_is_seen_before_the_next_read():
    decoder = SSEDecoder(max_event_bytes=10)
    assert decoder.feed(b"data: 1\n\ndata: 23456789") == [Event("1")]
    assert isinstance(decoder.error, ProtocolError)
    with pytest.raises(ProtocolError):
        decoder.close()


def test_no_more_than_the_limit_and_a_block_is_held():
    decoder = SSEDecoder(max_event_bytes=1000)
    held = 0
    with pytest.raises(ProtocolError):
        while True:
            decoder.feed(b"x" * 100)
            held = max(held, len(decoder.pending))
            assert held <= 1000
    assert held == 1000


def test_the_default_limit_lets_an_image_pass():
    decoder = SSEDecoder()
    assert decoder.max_event_bytes == MAX_EVENT_BYTES == 16 * 1024 * 1024
    block = b"x" * 65536
    assert decoder.feed(b"data: ") == []
    for _ in range(200):
        assert decoder.feed(block) == []
    (event,) = decoder.feed(b"\n\n")
    assert len(event.data) == 200 * 65536


class Counting(bytearray):
    """Counts the bytes of the held event that each look at it has to pass over."""

    work = 0

    def __iadd__(self, data):
        Counting.work += len(data)
        return super().__iadd__(data)

    def __getitem__(self, key):
        found = super().__getitem__(key)
        Counting.work += len(found) if isinstance(key, slice) else 1
        return found

    def _whole(name):
        def method(self, *args):
            Counting.work += len(self)
            return getattr(bytearray, name)(self, *args)

        return method

    for name in ("find", "rfind", "index", "rindex", "split", "decode", "replace", "count", "__contains__", "__add__"):
        locals()[name] = _whole(name)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("size", [1, 1024])
def test_work_on_one_long_event_is_linear(size, end, monkeypatch):
    monkeypatch.setattr(Counting, "work", 0)
    decoder = SSEDecoder()
    decoder._held = Counting()
    lines = (b"data: " + b"x" * 94 + ENDS[end]) * 3000
    data = lines + ENDS[end]
    events = []
    for start in range(0, len(data), size):
        events += decoder.feed(data[start : start + size])
    (event,) = events
    assert event.data == "\n".join(["x" * 94] * 3000)
    assert len(data) / 2 < Counting.work < 5 * len(data)


def by_the_letter(data):
    """The standard's text once more, character by character, as a second witness."""
    text = data.decode("utf-8", "replace")
    text = text[1:] if text.startswith("\ufeff") else text
    lines, line, at = [], "", 0
    while at < len(text):
        if text[at] in "\r\n":
            at += 2 if text[at : at + 2] == "\r\n" else 1
            lines.append(line)
            line = ""
        else:
            line += text[at]
            at += 1
    found, data_buffer, type_buffer, id_buffer, retry = [], "", "", "", None
    for line in lines:
        if line == "":
            if data_buffer != "":
                found.append(Event(data_buffer[:-1], type_buffer or "message", id_buffer, retry))
            data_buffer, type_buffer, retry = "", "", None
            continue
        if ":" in line:
            if line[0] == ":":
                continue
            field, value = line[: line.index(":")], line[line.index(":") + 1 :]
            if value and value[0] == " ":
                value = value[1:]
        else:
            field, value = line, ""
        if field == "event":
            type_buffer = value
        elif field == "data":
            data_buffer += value + "\n"
        elif field == "id" and "\0" not in value:
            id_buffer = value
        elif field == "retry" and value and all(c in "0123456789" for c in value):
            retry = int(value)
    return found


PIECES = [b"data: ", b"data:", b"data", b"event: ", b"event:", b"id: ", b"retry: ", b": ", b":", b" ", b"x", b"7", b"\0",
          "\u00e9".encode(), "\U0001f600".encode(), b"\xff", b"\xe2\x82", BOM, b"foo"]
SHAPES = [b"data: {}$$", b"event: a$data: {}$$", b": ping$$", b"id: 4$data: x$$", b"data: $$", b"data: a$data: b$$", b"event: b$retry: 5$data: x$$", b"$"]


def random_stream(dice):
    """Lines of anything, or events as providers send them, or both; line ends of one kind or mixed."""
    pieces = []
    for _ in range(dice.randint(0, 12)):
        if dice.random() < 0.5:
            pieces.append(dice.choice(SHAPES))
        else:
            pieces += [dice.choice(PIECES) for _ in range(dice.randint(0, 4))] + [dice.choice([b"$", b"$$"])]
    ends = dice.choice([[b"\n"], [b"\n"], [b"\r"], [b"\r\n"], [b"\n", b"\r", b"\r\n"]])
    return b"".join(dice.choice(ends) if byte == b"$"[0] else bytes([byte]) for byte in b"".join(pieces))


def test_random_streams_agree_with_the_standard_taken_by_the_letter():
    dice = random.Random(9266)
    shown = set()
    for _ in range(4000):
        data = random_stream(dice)
        want = by_the_letter(data)
        places = sorted(dice.randint(0, len(data)) for _ in range(dice.choice([1, 3, 10])))
        scattered = [data[a:b] for a, b in zip([0] + places, places + [len(data)])]
        for blocks in ([data], [bytes([byte]) for byte in data], scattered):
            assert run(blocks)[1] == want, blocks
        shown.update((event.event != "message", bool(event.id), event.retry is not None) for event in want)
    assert len(shown) >= 6  # the streams reach what they are meant to reach


def test_events_known_by_their_shape_equal_those_read_line_by_line(monkeypatch):
    dice = random.Random(77)
    streams = [b"".join(dice.choice(SHAPES) for _ in range(20)).replace(b"$", b"\n") for _ in range(300)]
    quick = [run([data])[1] for data in streams]
    monkeypatch.setattr(SSEDecoder, "_read", lambda self, text: self._read_lines(text.split("\n")[:-1]))
    slow = [run([data])[1] for data in streams]
    assert quick == slow and sum(map(len, slow)) > 1000


def test_lines_that_are_nothing_to_the_standard_are_kept_as_far_as_they_say_something():
    error = b'{\n  "error": {\n    "code": 503\n  }\n}'
    for end in (b"", b"\n", b"\n\n", b"\n\ndata: y\n\n"):
        for blocks in ([b"data: x\n\n: hi\n\n" + error + end], [bytes([byte]) for byte in b"data: x\n\n" + error + end]):
            decoder = SSEDecoder()
            events = [event for block in blocks for event in decoder.feed(block)]
            decoder.close()
            assert events[0] == Event("x")
            assert decoder.stray.strip() == error.decode()
    decoder = SSEDecoder()
    for _ in range(100):
        decoder.feed(b"y" * 1000 + b"\n\n" + b"event: a\nid: 1\n: z\n\n")
    assert set(decoder.stray) == {"y", "\n"} and len(decoder.stray) < 40_000
