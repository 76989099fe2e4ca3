"""Bytes of an event stream in, server-sent events out; knows no socket and waits for nothing.

Strategy. The standard (WHATWG HTML, 9.2.6) has three line ends: CR, LF and CRLF. Each block is first
brought to LF alone, so an event ends at an empty line, `"\\n\\n"`, and nowhere else. What follows the
last such end in a block is held as bytes; the next block is searched for an end, never the held bytes
again, so the work stays linear however small the blocks are. Line ends are ASCII and never inside a
UTF-8 character, so whole events decode at once, and a block cut inside a character needs no care.

The hard part is a CR at the end of a block: the event is over *now* (waiting for a possible LF would
hold back a token), so the CR counts as a line end at once, and a LF opening the next block is dropped.

Events of a single `data: ` line, and those of an `event: ` line before it, are what providers send:
they are recognised by their shape. All others go line by line through `_read_lines`, which alone is
the whole standard; a test demands that both give the same.
"""

from __future__ import annotations

from ..errors import ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Union

__all__ = ["MAX_EVENT_BYTES", "SSEDecoder", "ServerSentEvent"]

MAX_EVENT_BYTES = 16 * 1024 * 1024  # an image in base64 fits; a peer that never ends an event does not

BOM = b"\xef\xbb\xbf"
LF = 10
MAX_STRAY = 16384  # characters of `stray`; an error's JSON fits
RETRY_DIGITS = 18  # milliseconds; more is no time but an attack on int()


class ServerSentEvent:
    """One dispatched event.

    `data`: the data lines joined with a line feed. `event`: its type, `"message"` where
    none was named. `id`: the last event id as it stood then, `""` before the first. `retry`: the
    reconnection time in milliseconds this event carried, or None.

    >>> ServerSentEvent("hello", event="greeting")
    ServerSentEvent('hello', event='greeting')
    """

    __slots__ = ("data", "event", "id", "retry")

    def __init__(
        self, data: str, event: str = "message", id: str = "", retry: Optional[int] = None
    ) -> None:
        self.data = data
        self.event = event
        self.id = id
        self.retry = retry

    def __repr__(self) -> str:
        shown = [repr(self.data)]
        if self.event != "message":
            shown.append(f"event={self.event!r}")
        if self.id:
            shown.append(f"id={self.id!r}")
        if self.retry is not None:
            shown.append(f"retry={self.retry}")
        return f"ServerSentEvent({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ServerSentEvent):
            return NotImplemented
        return (self.data, self.event, self.id, self.retry) == (
            other.data,
            other.event,
            other.id,
            other.retry,
        )

    __hash__ = None  # type: ignore[assignment]  # mutable, and equal by value


class SSEDecoder:
    """Turn the bytes of one event stream, cut anywhere, into `ServerSentEvent` objects.

    `max_event_bytes`: the largest event, counted from its first byte to the end of its last line, each
    line end as one byte. `last_event_id`, `retry` (milliseconds or None): the stream's state in the
    standard's sense, brought up to date as each event ends. `error`: None, or the ProtocolError that
    the next `feed` or `close` raises because events from before it had to be handed out first. `stray`: lines
    that are nothing to the standard, which ignores them: some servers write an error between the events as
    bare JSON (Google's do, as google-genai 3.4 `_api_client.py` reads it), and who misses the end may look there.

    >>> decoder = SSEDecoder()
    >>> decoder.feed(b"data: Hel")
    []
    >>> decoder.feed(b"lo\\r\\n\\r")
    [ServerSentEvent('Hello')]

    Source: WHATWG HTML, 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event stream".
    """

    __slots__ = (
        "max_event_bytes", "last_event_id", "retry", "error", "stray", "_held", "_opening", "_after_cr", "_closed"
    )  # fmt: skip

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self.max_event_bytes = max_event_bytes
        self.last_event_id = ""
        self.retry: Optional[int] = None
        self.error: Optional[ProtocolError] = None
        self.stray = ""
        self._held = bytearray()  # the unfinished event; never opens with a line end
        self._opening: Optional[bytes] = b""  # the first bytes, as long as they may become a BOM; then None
        self._after_cr = False  # the last byte was a CR: a LF coming next belongs to it
        self._closed = False

    @property
    def pending(self) -> bytes:
        """The unfinished event's bytes so far, line ends as LF; for error messages."""
        return (self._opening or b"") + bytes(self._held)

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """Give the events that these bytes complete, in order; often none.

        Raises: ProtocolError when an event grows over `max_event_bytes`, and again at each later call.
        Events that were complete before it come first; then the next call raises. ValueError after `close`.
        """
        if self.error is not None:
            raise self.error
        if self._closed:
            raise ValueError("feed() after close(): the stream has ended")
        if self._opening is not None or self._after_cr or b"\r" in data:
            data = self._line_feeds_only(data)
        held = self._held
        end = data.rfind(b"\n\n") + 2
        if end == 1:  # none inside this block, but one may lie across its beginning
            end = 1 if data[:1] == b"\n" and held and held[-1] == LF else 0
        if not end:
            self._hold(data)
            events = []
        else:
            whole: Union[bytes, bytearray] = data[:end]
            if held:
                held += whole
                whole = held
            if len(whole) > self.max_event_bytes:
                whole = self._up_to_the_first_too_long(whole)
            text = whole.decode("utf-8", "replace")
            if held:
                held.clear()
            if end < len(data) and self.error is None:
                self._hold(data[end:])
            events = self._read(text)
        if self.error is not None and not events:
            raise self.error
        return events

    def close(self) -> list[ServerSentEvent]:
        """End the stream. An unfinished event is dropped, as the standard demands; see `pending`.

        Always an empty list: it is there so that every decoder's `close` reads alike. May be repeated.
        Raises: ProtocolError, the one that `error` holds.
        """
        if self.error is not None:
            raise self.error
        if not self._closed:
            self._closed = True
            # `retry` holds from the end of its line, even in an event that never ends.
            *lines, last = self._held.decode("utf-8", "replace").split("\n")
            self._read_lines(lines)
            if last and self.stray:
                self.stray += last
        return []

    def _line_feeds_only(self, data: bytes) -> bytes:
        """Drop the byte order mark that opens the stream, and make CR and CRLF a LF."""
        if self._opening is not None:
            data = self._opening + data
            if len(data) < len(BOM) and BOM.startswith(data):
                self._opening = data
                return b""
            self._opening = None
            if data.startswith(BOM):
                data = data[len(BOM) :]
        if self._after_cr and data:
            self._after_cr = False
            if data[0] == LF:
                data = data[1:]
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return data

    def _hold(self, data: bytes) -> None:
        """Keep the beginning of an event for the next block, unless it is too long already."""
        held = self._held
        held += data if held else data.lstrip(b"\n")
        if len(held) > self.max_event_bytes:
            self._refuse(held)

    def _up_to_the_first_too_long(self, whole: Union[bytes, bytearray]) -> Union[bytes, bytearray]:
        """Give the events before the first that is over the limit; all of them, if none is."""
        start = 0
        while start < len(whole):
            if whole[start] == LF:
                start += 1
                continue
            stop = whole.index(b"\n\n", start)
            if stop + 1 - start > self.max_event_bytes:
                self._refuse(whole[start:])
                return whole[:start]
            start = stop + 2
        return whole

    def _refuse(self, event: Union[bytes, bytearray]) -> None:
        self.error = ProtocolError(
            f"an event of the stream is over {self.max_event_bytes} bytes; "
            "Limits(max_event_bytes=...) allows more",
            raw=bytes(event[:200]),
        )

    def _read(self, text: str) -> list[ServerSentEvent]:
        """Give the events of a text that opens at an event's beginning and closes at one's end."""
        events: list[ServerSentEvent] = []
        append = events.append
        last_id = self.last_event_id
        if text.startswith("data: "):
            for payload in text[6:-2].split("\n\ndata: "):
                if "\n" not in payload:
                    append(ServerSentEvent(payload, "message", last_id))
                else:
                    events += self._read_lines(f"data: {payload}\n".split("\n"))
                    last_id = self.last_event_id
            return events
        for frame in text[:-2].split("\n\n"):
            kind, found, payload = frame.partition("\ndata: ")
            if found and "\n" not in payload and "\n" not in kind and kind.startswith("event: "):
                append(ServerSentEvent(payload, kind[7:] or "message", last_id))
            else:
                events += self._read_lines(f"{frame}\n".split("\n"))
                last_id = self.last_event_id
        return events

    def _read_lines(self, lines: list[str]) -> list[ServerSentEvent]:
        """Give the events of these lines, by the letter of 9.2.6; an empty line ends one."""
        events: list[ServerSentEvent] = []
        data: list[str] = []
        kind = ""
        last_id = self.last_event_id
        retry: Optional[int] = None
        for line in lines:
            if not line:
                self.last_event_id = last_id  # also where no data line makes it an event
                if data:  # a lone `data:` is an event too, an empty one
                    events.append(ServerSentEvent("\n".join(data), kind or "message", last_id, retry))
                    data = []
                kind = ""
                retry = None
                continue
            field, _, value = line.partition(":")
            if value[:1] == " ":
                value = value[1:]
            if field == "data":
                data.append(value)
            elif field == "event":
                kind = value
            elif field == "id":
                if "\0" not in value:
                    last_id = value
            elif field == "retry" and value.isascii() and value.isdigit():
                if len(value) <= RETRY_DIGITS:
                    self.retry = retry = int(value)
            elif field and len(self.stray) < MAX_STRAY:
                self.stray += f"{line[:MAX_STRAY]}\n"
            # Else a comment (its field is empty): ignored.
        return events
