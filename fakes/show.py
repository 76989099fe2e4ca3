"""`python -m fakes show PROVIDER [MODEL]`: the request a provider expects, what it refuses, every byte it answers.

The bytes come from the fake itself, asked in this process without a socket; the notes beside them are the provider
folder's `lesson`, each with its source. With `--raw` the body alone is written, byte for byte, to pipe into a file.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
from importlib import import_module
from typing import Dict, Iterator, List, Optional, Sequence

from .behaviours import MODELS
from .http11 import Answer, Request
from .lessons import Lesson, Note
from .listener import Listener
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
WIDTH = 110
KEY = "YOUR_KEY"


def main(argv: Optional[List[str]] = None) -> int:
    """Run the command and give its exit code."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__} show", description=__doc__.partition("\n\n")[0])
    parser.add_argument("provider", choices=LESSONS)
    parser.add_argument("model", nargs="?", default="fake-hello", help=f"one of {', '.join(MODELS)} (default: fake-hello)")
    parser.add_argument("--whole", action="store_true", help="the answer in one piece instead of the stream")
    parser.add_argument("--raw", action="store_true", help="only the bytes of the answer's body")
    args = parser.parse_args(argv)
    if args.model not in MODELS:
        parser.error(f"no ready model {args.model!r}; there are {', '.join(MODELS)}")
    if args.raw:
        sys.stdout.buffer.write(_body(_ask(lesson(args.provider, args.model, stream=not args.whole))))
        sys.stdout.flush()
    else:
        sys.stdout.write(page(args.provider, args.model, stream=not args.whole))
    return 0


def lesson(provider: str, model: str, *, stream: bool) -> Lesson:
    """Give a provider's lesson with a model's name filled in."""
    made: Lesson = import_module("." + LESSONS[provider], __package__).lesson(model, stream=stream)
    return made


def page(provider: str, model: str, *, stream: bool = True) -> str:
    """Write the page: notes are lines that begin with "#"."""
    taught = lesson(provider, model, stream=stream)
    answer = _ask(taught)
    lines = [f"# {provider}, {model}: what a client sends, what would be refused, and every byte of the answer."]
    lines += ["# Lines that begin with # are notes; what stands in [brackets] is where each is written.", ""]
    lines += _rule("the request")
    lines += _request(taught)
    lines += ["", *_rule("what would be refused, with the answer to it")]
    for wrong in taught.wrong:
        headers, body = dict(taught.headers), json.loads(json.dumps(taught.body))
        wrong.change(headers, body)
        refused = _ask(taught._replace(headers=headers, body=body, path=wrong.path or taught.path))
        lines += _wrapped(f"{wrong.what} [{wrong.source}]")
        lines += [f"{refused.status} {_body(refused).decode('utf-8', 'replace').strip()}", ""]
    lines += _rule(f"the answer: {len(_body(answer))} bytes of body in {len(answer.frames or [b''])} pieces")
    lines += _answer(taught, answer)
    return "\n".join(lines) + "\n"


def _request(taught: Lesson) -> Iterator[str]:
    yield f"POST {taught.path} HTTP/1.1"
    for name, value in taught.headers.items():
        yield from _noted(f"{name}: {value}", taught.on_headers)
    yield ""
    yield "{"
    rows = list(taught.body.items())
    for place, (name, value) in enumerate(rows):
        comma = "," if place < len(rows) - 1 else ""
        yield from _notes(name, taught.on_fields)
        yield f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}{comma}"
    yield "}"


def _answer(taught: Lesson, answer: Answer) -> Iterator[str]:
    yield f"HTTP/1.1 {answer.status}"
    for name, value in answer.headers:
        yield from _noted(f"{name}: {value}", taught.on_answer_headers)
    yield ""
    said = set()
    for frame in [answer.body] if answer.frames is None else answer.frames:
        text = frame.decode("utf-8", "backslashreplace")
        for note in _notes(text, taught.on_events):
            if note not in said:
                yield note
            said.add(note)
        yield _visible(text)


def _visible(text: str) -> str:
    """Show carriage returns as \\r; a line feed at the end is the line's own."""
    shown = text.replace("\r\n", "\\r\n").replace("\r", "\\r")
    return shown[:-1] if shown.endswith("\n") else shown


def _noted(line: str, notes: Sequence[Note]) -> Iterator[str]:
    yield from _notes(line, notes)
    yield line


def _notes(text: str, notes: Sequence[Note]) -> List[str]:
    """Give the first note whose pattern is found, wrapped."""
    for note in notes:
        if re.search(note.pattern, text):
            return ["\n".join(_wrapped(f"{note.says} [{note.source}]"))]
    return []


def _wrapped(text: str) -> List[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent="# ", subsequent_indent="#   ", break_on_hyphens=False, break_long_words=False
    )


def _rule(title: str) -> List[str]:
    return [f"# ---- {title} ".ljust(WIDTH, "-")]


def _ask(taught: Lesson) -> Answer:
    """Ask the fake in this process."""
    path = taught.path
    request = Request("POST", path, _sent(taught.headers), version_1_0=False)
    request.body = json.dumps(taught.body).encode()
    answer, _, _ = Listener(Sessions()).answer(request, 1)
    return answer


def _sent(headers: Dict[str, str]) -> Dict[str, str]:
    return {"host": "127.0.0.1", **{name.lower(): value for name, value in headers.items()}}


def _body(answer: Answer) -> bytes:
    return answer.body if answer.frames is None else b"".join(answer.frames)
