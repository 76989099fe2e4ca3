"""What the table of faults needs of a protocol: one answer, whole and as a stream, and what breaks them.

A `Dialect` is written from the provider's documentation and knows nothing of the codec under test. Its stream
is a list of steps; what each step must hand out stands beside it, so that a row can say "cut after three
steps" and mean the same for all. The terminator is kept apart: only with it is a stream whole.
"""

from __future__ import annotations

import json

from ..framing import KEY

__all__ = ["Dialect", "data_event", "named_event"]

TOKENS = ("Bon", "jour à", " tous 🙂")


def data_event(payload) -> bytes:
    """One server-sent event; `payload`: its text, or a value to be written as JSON."""
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


def named_event(payload) -> bytes:
    """One server-sent event that bears its type as a name, too."""
    name = payload.get("type", "message") if isinstance(payload, dict) else "message"
    return f"event: {name}\n".encode() + data_event(payload)


class Dialect:
    """One provider's wire.

    `steps`: (bytes, texts of the chunks they bring) of a stream, without the `terminator`, whose own chunks are
    `terminator_texts`. `whole`: the same answer as one JSON document (a value). `stop`: the name and value in
    response_metadata that say the answer came to its end. `path`: behind the server's address in base_url.
    """

    name: str
    provider: str  # as errors name it
    path = "/v1"
    steps: list
    terminator: bytes
    terminator_texts: tuple = ()
    blank = b"\n"  # the empty line behind an event: the last bytes of the terminator
    whole_value: dict
    stop = ("finish_reason", "stop")
    says_incomplete = "without"  # of the error for a stream without its terminator
    key_line = f"Authorization: Bearer {KEY}"
    pauses = (0.5, 1.0, 2.0, 4.0, 8.0, 8.0)  # before each further attempt, with random() at 0
    settings = {"max_retries": 2}  # of every model of these tests: the table counts three attempts

    # Of an error reply: a body, and the words that must be read out of it.
    error: dict
    words: dict
    remarks: dict = {}  # status -> what the client adds to the provider's message
    error_words = ("message", "type", "code", "param")  # what `saying` can put into one
    # (status, class, retryable)
    statuses: list
    # (body of a 429, words): a quota that no waiting fills again
    hopeless: list = []
    # (name, payload, class, code, retryable): an error object inside a 200; and how it goes over the wire
    errors: list = []
    # (name, value): JSON that is no event of an answer, and no whole answer
    shapes: list = []
    messages: list = []
    # Events that are well formed each and cannot be joined
    misfits: list = []

    def model(self, url: str, **settings):
        """Make a model; `settings` with LangChain's common names."""
        raise NotImplementedError

    def event(self, payload) -> bytes:
        return data_event(payload)

    def saying(self, message: str, **more) -> dict:
        """An error body with this message; `more`: "code", "type", "param", where the dialect has them."""
        raise NotImplementedError

    def asks_for_stream(self, request: bytes) -> bool:
        return b'"stream":true' in request

    # -- derived ---------------------------------------------------------------------------

    def events(self, *, upto: int = 99) -> list[bytes]:
        """The bytes of the first steps."""
        return [data for data, _ in self.steps[:upto]]

    def given(self, upto: int = 99) -> tuple:
        """The texts of the chunks that the first steps bring."""
        return tuple(text for _, texts in self.steps[:upto] for text in texts)

    @property
    def texts(self) -> tuple:
        return (*self.given(), *self.terminator_texts)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def stream(self) -> bytes:
        return b"".join(self.events()) + self.terminator

    @property
    def whole(self) -> bytes:
        return json.dumps(self.whole_value, ensure_ascii=False).encode()
