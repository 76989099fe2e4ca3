"""`python -m fakes show PROVIDER [MODEL]`: the request a provider expects, what it refuses, every byte it answers.

The bytes come from the fake itself: the request is written to a connection of its own in this process, so that what is
shown has gone the way of every answer, though no socket was opened. The notes beside them are the provider folder's
`lesson`, each with its source. `--raw` writes the bytes alone, to pipe into a file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shlex
import sys
import textwrap
from importlib import import_module
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from .lessons import Lesson, Note, Wrong
from .serving.connection import Connection
from .serving.listener import Listener
from .session import Sessions

__all__ = ["main", "page"]

# Name -> the module that has its lesson.
LESSONS = {
    "openai": "openai.lesson",
    "responses": "openai.lesson_responses",
    "anthropic": "anthropic.lesson",
    "google": "google.lesson",
    "mistral": "mistral.lesson",
    "fireworks": "fireworks.lesson",
    "together": "together.lesson",
}
# Each of `behaviours.MODELS`, in the order in which a learner meets them.
MODELS = {
    "fake-hello": "a few words",
    "fake-tool": "a call of the first tool",
    "fake-tools": "a call of each tool",
    "fake-json": "JSON that fits the schema asked for",
    "fake-think": "thoughts, then a call or an answer",
    "fake-refuse": "the model declines",
    "fake-filtered": "an answer stopped by the content filter",
    "fake-blocked": "a prompt that is not let through",
    "fake-429-once": "too many requests, and a few words when asked again",
    "fake-cut": "an answer whose connection ends in the middle",
    "fake-echo": "the user's last text",
    "fake-quickstart": "what the quick-start asks for",
}
WIDTH = 110
HTTP = "RFC 9112 section %s"
ON_HTTP = (
    Note("^transfer-encoding: chunked", "The body comes in chunks, which end where the server had something to send: "
         "a client joins them before it looks for events or characters.", HTTP % "7.1"),
    Note("^content-length", "The body has so many bytes; with fewer it was cut off.", HTTP % "6.3"),
)  # fmt: skip
ON_CHUNK = Note("", "A chunk: its size in hexadecimal, a line end, the bytes, a line end.", HTTP % "7.1")
ON_LAST_CHUNK = Note("", "The chunk of size 0 ends the body.", HTTP % "7.1")
ON_CUT = Note("", "Here the connection ends, and the body has not: this is not the whole answer.", HTTP % "8")


class Heard(NamedTuple):
    """An answer as it came over the connection."""

    wire: bytes
    head: List[str]  # status line and headers
    pieces: List[Tuple[bytes, bytes, bytes]]  # what HTTP writes before a part of the body, the part, and what behind it
    cut: bool

    @property
    def status(self) -> str:
        return self.head[0].split(" ")[1]

    @property
    def body(self) -> bytes:
        return b"".join(data for _, data, _ in self.pieces)


class Ear(asyncio.Transport):
    """A connection's other end: keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = b""

    def write(self, data: Any) -> None:
        self.heard += data

    def close(self) -> None:
        """There is nothing to close."""

    abort = pause_reading = resume_reading = close

    def is_reading(self) -> bool:
        return True

    def set_write_buffer_limits(self, high: Optional[int] = None, low: Optional[int] = None) -> None:
        """Nothing is buffered."""


def main(argv: Optional[List[str]] = None) -> int:
    """Run the command and give its exit code."""
    command = f"python -m {__package__} show"
    parser = argparse.ArgumentParser(
        prog=command,
        description=__doc__.partition("\n\n")[0],
        epilog=_listed(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("provider", nargs="?", choices=LESSONS, metavar="PROVIDER")
    parser.add_argument("model", nargs="?", default="fake-hello", metavar="MODEL", help="default: fake-hello")
    parser.add_argument("--whole", action="store_true", help="the answer in one piece instead of the stream")
    parser.add_argument("--wire", action="store_true", help="HTTP too: chunk sizes, and every line end made visible")
    parser.add_argument("--raw", action="store_true", help="the bytes alone: the body's, or with --wire all")
    args = parser.parse_args(argv)
    if args.model not in MODELS:
        parser.error(f"no ready model {args.model!r}; there are {', '.join(MODELS)}")
    try:
        if args.provider is None:
            _write(f"usage: {command} PROVIDER [MODEL] [--whole] [--wire] [--raw]\n\n{_listed()}\n")
        elif args.raw:
            heard = _ask(lesson(args.provider, args.model, stream=not args.whole))
            sys.stdout.buffer.write(heard.wire if args.wire else heard.body)
        else:
            _write(page(args.provider, args.model, stream=not args.whole, wire=args.wire))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough; what is still in the buffer must go somewhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def lesson(provider: str, model: str, *, stream: bool) -> Lesson:
    """Give a provider's lesson with a model's name filled in."""
    made: Lesson = import_module("." + LESSONS[provider], __package__).lesson(model, stream=stream)
    return made


def page(provider: str, model: str, *, stream: bool = True, wire: bool = False) -> str:
    """Write the page: notes are lines that begin with "#"; with `wire` every line of the answer shows how it ends."""
    taught = lesson(provider, model, stream=stream)
    heard = _ask(taught)
    lines = [f"# {provider}, {model}: what a client sends, what would be refused, and every byte of the answer."]
    lines += ["# Lines that begin with # are notes; what stands in [brackets] is where each is written.", ""]
    lines += _rule("the request")
    lines += _request(taught)
    lines += ["", *_rule("what would be refused: what is sent instead (- without, + with), and the answer to it")]
    for wrong in taught.wrong:
        lines += _wrapped(f"{wrong.what} [{wrong.source}]")
        sent = _wronged(taught, wrong)
        lines += _changes(taught, sent)
        refused = _ask(sent)
        lines += [f"{refused.status} {refused.body.decode('utf-8', 'replace').strip()}", ""]
    count = len([data for _, data, _ in heard.pieces if data])
    pieces = f"{count} piece{'' if count == 1 else 's'}"
    lines += _rule(f"the answer: {len(heard.body)} bytes of body in {pieces}")
    lines += _answer(taught, heard, wire=wire)
    return "\n".join(lines) + "\n"


def _listed() -> str:
    rows = ["providers:"]
    for name in LESSONS:
        rows.append(f"  {name:17}POST {lesson(name, 'MODEL', stream=True).path}")
    rows += ["models:", *(f"  {name:17}{what}" for name, what in MODELS.items())]
    return "\n".join(rows)


def _write(text: str) -> None:
    """Write text to a stdout of any encoding."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _request(taught: Lesson) -> Iterator[str]:
    yield f"POST {taught.path} HTTP/1.1"
    for name, value in taught.headers.items():
        line = f"{name}: {value}"
        yield from _notes(line, taught.on_headers)
        yield line
    yield ""
    yield "{"
    fields = _fields(taught)
    for place, (name, line) in enumerate(zip(taught.body, fields)):
        yield from _notes(name, taught.on_fields)
        yield f"  {line}{',' if place < len(fields) - 1 else ''}"
    yield "}"
    words = ["curl", "-iN", f"http://127.0.0.1:8000{taught.path}"]
    for name, value in taught.headers.items():
        words += ["-H", f"{name}: {value}"]
    words += ["-d", json.dumps(taught.body)]
    yield ""
    yield f"# To send it: python -m {__package__} --port 8000, and then"
    yield "# " + " ".join(shlex.quote(word) for word in words)


def _fields(taught: Lesson) -> List[str]:
    return [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in taught.body.items()]


def _wronged(taught: Lesson, wrong: Wrong) -> Lesson:
    headers, body = dict(taught.headers), json.loads(json.dumps(taught.body))
    wrong.change(headers, body)
    return taught._replace(headers=headers, body=body, path=wrong.path or taught.path)


def _changes(right: Lesson, wrong: Lesson) -> Iterator[str]:
    """Show the lines of a request that another one has not, and those it has instead."""
    before, after = (
        [f"POST {one.path}", *(f"{name}: {value}" for name, value in one.headers.items()), *_fields(one)]
        for one in (right, wrong)
    )
    yield from (f"- {line}" for line in before if line not in after)
    yield from (f"+ {line}" for line in after if line not in before)


def _answer(taught: Lesson, heard: Heard, *, wire: bool) -> Iterator[str]:
    said: Set[str] = set()
    for line in heard.head:
        yield from _once(said, _notes(line, (*taught.on_answer_headers, *ON_HTTP)))
        yield line + ("\\r\\n" if wire else "")
    yield "\\r\\n" if wire else ""
    for before, data, behind in heard.pieces:
        if wire and before:
            yield from _once(said, _noted(ON_CHUNK if data else ON_LAST_CHUNK))
            yield from _lines(before)
        text = data.decode("utf-8", "backslashreplace")
        yield from _once(said, _notes(text, taught.on_events) if data else [])
        if wire:
            yield from _lines(data)
            yield from _lines(behind)
        elif data:
            yield _visible(text)
    if heard.cut:
        yield from _noted(ON_CUT)


def _lines(data: bytes) -> Iterator[str]:
    """Show bytes with every line end written out; a line without one has no line end here."""
    for line in re.findall(rb"[^\n]*\n|[^\n]+", data):
        yield line.decode("utf-8", "backslashreplace").replace("\r", "\\r").replace("\n", "\\n")


def _visible(text: str) -> str:
    """Show carriage returns as \\r; a line feed at the end is the line's own."""
    shown = text.replace("\r", "\\r")
    return shown[:-1] if shown.endswith("\n") else shown


def _once(said: Set[str], notes: Sequence[str]) -> Iterator[str]:
    """Give the notes that have not been given yet."""
    for note in notes:
        if note not in said:
            yield note
        said.add(note)


def _notes(text: str, notes: Sequence[Note]) -> List[str]:
    """Give the first note whose pattern is found, wrapped."""
    return next((_noted(note) for note in notes if re.search(note.pattern, text)), [])


def _noted(note: Note) -> List[str]:
    return ["\n".join(_wrapped(f"{note.says} [{note.source}]"))]


def _wrapped(text: str) -> List[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent="# ", subsequent_indent="#   ", break_on_hyphens=False, break_long_words=False
    )


def _rule(title: str) -> List[str]:
    return [f"# ---- {title} ".ljust(WIDTH, "-")]


def _ask(taught: Lesson) -> Heard:
    """Send a request to a fake of its own, on a connection in this process, and give what comes back."""
    body = json.dumps(taught.body).encode()
    headers: Dict[str, str] = {"Host": "127.0.0.1", **taught.headers, "Content-Length": str(len(body))}
    head = "\r\n".join([f"POST {taught.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())])
    connection, ear = Connection(Listener(Sessions())), Ear()
    connection.connection_made(ear)
    connection.data_received(f"{head}\r\n\r\n".encode("latin-1") + body)
    return _parsed(ear.heard)


def _parsed(wire: bytes) -> Heard:
    """Take an answer apart."""
    top, _, rest = wire.partition(b"\r\n\r\n")
    head = top.decode("latin-1").split("\r\n")
    if "transfer-encoding: chunked" not in head:
        told = next(int(line.partition(":")[2]) for line in head if line.startswith("content-length:"))
        return Heard(wire, head, [(b"", rest, b"")], len(rest) < told)
    pieces: List[Tuple[bytes, bytes, bytes]] = []
    while rest:
        size, _, behind = rest.partition(b"\r\n")
        length = int(size, 16)
        pieces.append((size + b"\r\n", behind[:length], behind[length : length + 2]))
        rest = behind[length + 2 :]
    return Heard(wire, head, pieces, not pieces or pieces[-1] != (b"0\r\n", b"", b"\r\n"))
